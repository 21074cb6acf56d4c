/**
 * Convolution whose filters are not shared between places, and its gradients: a product of matrices for
 * each place, the pictures of the batch being its rows.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import type { Kernel } from "./kernel.ts";
import { matmul, type MatmulVariant } from "./matmul.wgsl.ts";

/**
 * `y[n, oh, ow, o] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[oh, ow, kh, kw, i, o] + b[oh, ow, o]`,
 * ReLU after.
 */
export function locallyConnectedForward(
  sizes: Conv2dSizes,
  { relu, variant }: { relu: boolean; variant: MatmulVariant },
): Kernel {
  const { N, I, KH, KW, O, OH, OW } = sizes;
  return matmul({
    name: "locally_connected2d_forward",
    batches: OH * OW,
    M: N,
    N: O,
    K: KH * KW * I,
    operands: ["x", "w", "y"],
    activations: ["x", "y"],
    a: inputAt(sizes, { picture: "m", tap: "k" }),
    b: `return w[(batch * ${KH * KW * I}u + k) * ${O}u + n];`,
    at: `(m * ${OH * OW}u + slice) * ${O}u`,
    finish: { bias: "each batch", relu },
  }, variant);
}

/** `dx[n, h, w, i] = Σ dy[n, oh, ow, o] · w[oh, ow, kh, kw, i, o]` over the windows that hold the cell. */
export function locallyConnectedInputGradient(
  sizes: Conv2dSizes,
  variant: MatmulVariant,
): Kernel {
  const { N, H, W, I, KH, KW, O, SH, SW, PT, PL, OH, OW } = sizes;
  // A cell before the first window wraps round to a number beyond the last.
  const window = `let down = batch / ${W}u + ${PT}u - k / ${KW * O}u;
  let across = batch % ${W}u + ${PL}u - k / ${O}u % ${KW}u;
  if (down % ${SH}u != 0u || across % ${SW}u != 0u || down / ${SH}u >= ${OH}u || across / ${SW}u >= ${OW}u) {
    return 0f;
  }
  let place = down / ${SH}u * ${OW}u + across / ${SW}u;`;
  return matmul({
    name: "locally_connected2d_input_gradient",
    batches: H * W,
    M: N,
    N: I,
    K: KH * KW * O,
    operands: ["dy", "w", "dx"],
    activations: ["dy", "dx"],
    a: `${window}
  return f32(dy[(m * ${OH * OW}u + place) * ${O}u + k % ${O}u]);`,
    b: `${window}
  return w[((place * ${KH * KW}u + k / ${O}u) * ${I}u + n) * ${O}u + k % ${O}u];`,
    at: `(m * ${H * W}u + slice) * ${I}u`,
  }, variant);
}

/** `dw[oh, ow, kh, kw, i, o] = Σ_n x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · dy[n, oh, ow, o]`. */
export function locallyConnectedWeightGradient(
  sizes: Conv2dSizes,
  variant: MatmulVariant,
): Kernel {
  const { N, I, KH, KW, O, OH, OW } = sizes;
  return matmul({
    name: "locally_connected2d_weight_gradient",
    batches: OH * OW,
    M: KH * KW * I,
    N: O,
    K: N,
    operands: ["x", "dy", "dw"],
    activations: ["x", "dy"],
    a: inputAt(sizes, { picture: "k", tap: "m" }),
    b: `return f32(dy[(k * ${OH * OW}u + batch) * ${O}u + n]);`,
  }, variant);
}

/** WGSL that returns the input under a tap of the window of place `batch`, 0 in the padding. */
function inputAt(
  { H, W, I, KW, SH, SW, PT, PL, OW }: Conv2dSizes,
  { picture, tap }: { picture: string; tap: string },
): string {
  return `let h = batch / ${OW}u * ${SH}u + ${tap} / ${KW * I}u - ${PT}u;
  let column = batch % ${OW}u * ${SW}u + ${tap} / ${I}u % ${KW}u - ${PL}u;
  // A cell before the first wraps round to a number beyond the last.
  if (h >= ${H}u || column >= ${W}u) { return 0f; }
  return f32(x[((${picture} * ${H}u + h) * ${W}u + column) * ${I}u + ${tap} % ${I}u]);`;
}
