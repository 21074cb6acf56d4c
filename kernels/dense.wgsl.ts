/**
 * The products of a dense layer.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { buffer, matmul, type MatmulVariant } from "./matmul.wgsl.ts";
import { fitsTiles, matmulTiles, type MatmulTilesOptions } from "./matmul_tiles.wgsl.ts";

/** Sizes of a dense layer: `N` rows of `I` features to `O`. */
export interface DenseSizes {
  /** Rows. */
  readonly N: number;
  /** Features of the input. */
  readonly I: number;
  /** Features of the output. */
  readonly O: number;
}

/** `y = x w + b`, or `max(x w + b, 0)`. */
export function denseForward(
  { N, I, O }: DenseSizes,
  { relu, variant }: { relu: boolean; variant: MatmulVariant },
): Kernel {
  const tiles: MatmulTilesOptions = {
    name: "dense_forward",
    M: N,
    N: O,
    K: I,
    operands: ["x", "w", "y"],
    finish: { bias: true, relu },
  };
  if (variant === "subgroup" && fitsTiles(tiles)) return matmulTiles(tiles);
  return matmul({
    name: "dense_forward",
    M: N,
    N: O,
    K: I,
    buffers: [buffer(0, "x"), buffer(1, "w")],
    a: `return x[m * ${I}u + k];`,
    b: `return w[k * ${O}u + n];`,
    result: "y",
    finish: { bias: true, relu },
  }, variant);
}

/** `dx = dy wᵀ`. */
export function denseInputGradient({ N, I, O }: DenseSizes, variant: MatmulVariant): Kernel {
  const tiles: MatmulTilesOptions = {
    name: "dense_input_gradient",
    M: N,
    N: I,
    K: O,
    operands: ["dy", "w", "dx"],
    transposeB: true,
  };
  if (variant === "subgroup" && fitsTiles(tiles)) return matmulTiles(tiles);
  return matmul({
    name: "dense_input_gradient",
    M: N,
    N: I,
    K: O,
    buffers: [buffer(0, "dy"), buffer(1, "w")],
    a: `return dy[m * ${O}u + k];`,
    b: `return w[n * ${O}u + k];`,
    result: "dx",
  }, variant);
}

/** `dw = xᵀ dy`. */
export function denseWeightGradient({ N, I, O }: DenseSizes, variant: MatmulVariant): Kernel {
  const tiles: MatmulTilesOptions = {
    name: "dense_weight_gradient",
    M: I,
    N: O,
    K: N,
    operands: ["x", "dy", "dw"],
    transposeA: true,
  };
  if (variant === "subgroup" && fitsTiles(tiles)) return matmulTiles(tiles);
  return matmul({
    name: "dense_weight_gradient",
    M: I,
    N: O,
    K: N,
    buffers: [buffer(0, "x"), buffer(1, "dy")],
    a: `return x[k * ${I}u + m];`,
    b: `return dy[k * ${O}u + n];`,
    result: "dw",
  }, variant);
}
