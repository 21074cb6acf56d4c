/**
 * Convolution and its gradients as products over a picture's windows, for any sizes.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import {
  type Finish,
  matmul,
  type MatmulOptions,
  type MatmulVariant,
  partsFor,
} from "./matmul.wgsl.ts";

/** Sizes of a convolution of `N×H×W×I` with `KH×KW×I×O` to `N×OH×OW×O`. */
export interface Conv2dSizes {
  /** Pictures. */
  readonly N: number;
  /** Input height. */
  readonly H: number;
  /** Input width. */
  readonly W: number;
  /** Input channels. */
  readonly I: number;
  /** Kernel height. */
  readonly KH: number;
  /** Kernel width. */
  readonly KW: number;
  /** Output channels. */
  readonly O: number;
  /** Vertical stride. */
  readonly SH: number;
  /** Horizontal stride. */
  readonly SW: number;
  /** Cells of padding above. */
  readonly PT: number;
  /** Cells of padding to the left. */
  readonly PL: number;
  /** Output height. */
  readonly OH: number;
  /** Output width. */
  readonly OW: number;
}

/** `y[n, oh, ow, o] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[kh, kw, i, o] + b[o]`, ReLU after. */
export function conv2dForward(
  sizes: Conv2dSizes,
  { bias, relu, variant }: Finish & { variant: MatmulVariant },
): Kernel {
  const { N, I, KH, KW, O, OH, OW } = sizes;
  return matmul({
    name: "conv2d_forward",
    M: N * OH * OW,
    N: O,
    K: KH * KW * I,
    operands: ["x", "w", "y"],
    activations: ["x", "y"],
    a: inputAt(sizes, { pixel: "m", tap: "k" }),
    b: `return w[k * ${O}u + n];`,
    finish: { bias, relu },
  }, variant);
}

/** The product `dw[kh, kw, i, o] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · dy[n, oh, ow, o]`, in parts. */
export function conv2dWeightGradient(
  sizes: Conv2dSizes,
  { parts, variant }: { parts: number; variant: MatmulVariant },
): Kernel {
  return matmul({ ...weightGradientSizes(sizes), parts }, variant);
}

/** Parts to cut the sum over pixels into, as there are many and few weights. */
export function weightGradientParts({ N, I, KH, KW, O, OH, OW }: Conv2dSizes): number {
  const tiles = Math.ceil(KH * KW * I / 64) * Math.ceil(O / 64);
  return partsFor(tiles, N * OH * OW / 64, "workgroup");
}

function weightGradientSizes(sizes: Conv2dSizes): MatmulOptions {
  const { N, I, KH, KW, O, OH, OW } = sizes;
  return {
    name: "conv2d_weight_gradient",
    M: KH * KW * I,
    N: O,
    K: N * OH * OW,
    operands: ["x", "dy", "dw"],
    activations: ["x", "dy"],
    a: inputAt(sizes, { pixel: "k", tap: "m" }),
    b: `return f32(dy[k * ${O}u + n]);`,
    contiguous: { a: "m" },
  };
}

/** WGSL that returns the input under a tap of the window of an output pixel, 0 in the padding. */
function inputAt(
  { H, W, I, KW, SH, SW, PT, PL, OH, OW }: Conv2dSizes,
  { pixel, tap }: { pixel: string; tap: string },
): string {
  return `let h = ${pixel} / ${OW}u % ${OH}u * ${SH}u + ${tap} / ${KW * I}u - ${PT}u;
  let column = ${pixel} % ${OW}u * ${SW}u + ${tap} / ${I}u % ${KW}u - ${PL}u;
  // A cell before the first wraps round to a number beyond the last.
  if (h >= ${H}u || column >= ${W}u) { return 0f; }
  return f32(x[((${pixel} / ${OH * OW}u * ${H}u + h) * ${W}u + column) * ${I}u + ${tap} % ${I}u]);`;
}
