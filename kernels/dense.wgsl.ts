/**
 * The products of a dense layer.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { type Finish, matmul, type MatmulVariant, partsFor } from "./matmul.wgsl.ts";
import { fitsTiles, matmulTiles } from "./matmul_tiles.wgsl.ts";

/** Sizes of a dense layer: `N` rows of `I` features to `O`. */
export interface DenseSizes {
  /** Rows. */
  readonly N: number;
  /** Features of the input. */
  readonly I: number;
  /** Features of the output. */
  readonly O: number;
}

/** `y = x w + b`, or `max(x w + b, 0)`; without a bias `b` is 0. */
export function denseForward(
  { N, I, O }: DenseSizes,
  { bias, relu, variant }: Finish & { variant: MatmulVariant },
): Kernel {
  const product = {
    name: "dense_forward",
    M: N,
    N: O,
    K: I,
    operands: ["x", "w", "y"],
    activations: ["x", "y"],
    finish: { bias, relu },
  } as const;
  if (variant === "subgroup" && fitsTiles(product)) return matmulTiles(product);
  return matmul({
    ...product,
    a: `return f32(x[m * ${I}u + k]);`,
    b: `return w[k * ${O}u + n];`,
  }, variant);
}

/** Parts to cut the sums of {@linkcode denseForward} into: a card is busy with many of them only. */
export function denseParts({ N, I, O }: DenseSizes, variant: MatmulVariant): number {
  if (variant === "subgroup") return 1;
  return partsFor(Math.ceil(N / 32) * Math.ceil(O / 32), I / 64, variant);
}

/** The sums of each of `parts`, `partials[part, n, o]`, to be added by `finishParts`. */
export function denseForwardInParts(
  { N, I, O }: DenseSizes,
  { parts, variant }: { parts: number; variant: MatmulVariant },
): Kernel {
  return matmul({
    name: "dense_forward",
    M: N,
    N: O,
    K: I,
    parts,
    operands: ["x", "w", "partials"],
    activations: ["x"],
    a: `return f32(x[m * ${I}u + k]);`,
    b: `return w[k * ${O}u + n];`,
  }, variant);
}

/** `dx = dy wᵀ`. */
export function denseInputGradient({ N, I, O }: DenseSizes, variant: MatmulVariant): Kernel {
  const product = {
    name: "dense_input_gradient",
    M: N,
    N: I,
    K: O,
    operands: ["dy", "w", "dx"],
    activations: ["dy", "dx"],
  } as const;
  const tiles = { ...product, transposeB: true };
  if (variant === "subgroup" && fitsTiles(tiles)) return matmulTiles(tiles);
  return matmul({
    ...product,
    a: `return f32(dy[m * ${O}u + k]);`,
    b: `return w[n * ${O}u + k];`,
    contiguous: { b: "k" },
  }, variant);
}

/** `dw = xᵀ dy`. */
export function denseWeightGradient({ N, I, O }: DenseSizes, variant: MatmulVariant): Kernel {
  const product = {
    name: "dense_weight_gradient",
    M: I,
    N: O,
    K: N,
    operands: ["x", "dy", "dw"],
    activations: ["x", "dy"],
  } as const;
  const tiles = { ...product, transposeA: true };
  if (variant === "subgroup" && fitsTiles(tiles)) return matmulTiles(tiles);
  return matmul({
    ...product,
    a: `return f32(x[k * ${I}u + m]);`,
    b: `return f32(dy[k * ${O}u + n]);`,
    contiguous: { a: "m" },
  }, variant);
}
