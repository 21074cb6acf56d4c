/**
 * Convolution whose filters are not shared between places, and its gradients: a product of matrices for
 * each place, the pictures of the batch being its rows.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import type { Kernel } from "./kernel.ts";
import { matmul, type MatmulVariant } from "./matmul.wgsl.ts";
import { matmulTiles } from "./matmul_tiles.wgsl.ts";

/**
 * `y[n, oh, ow, o] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[oh, ow, kh, kw, i, o] + b[oh, ow, o]`,
 * ReLU after.
 */
export function locallyConnectedForward(
  sizes: Conv2dSizes,
  { bias, relu, variant }: { bias: boolean; relu: boolean; variant: MatmulVariant },
): Kernel {
  const { N, H, W, I, KH, KW, O, OH, OW } = sizes;
  const product = {
    name: "locally_connected2d_forward",
    batches: OH * OW,
    M: N,
    N: O,
    operands: ["x", "w", "y"],
    activations: ["x", "y"],
    finish: { bias: bias && "each batch", relu },
  } as const;
  if (variant === "subgroup" && fitsVectors(sizes)) {
    return matmulTiles({
      ...product,
      K: I,
      layout: {
        strides: { a: H * W * I, b: O, result: OH * OW * O },
        sections: KH * KW,
        find: `${cellUnder(sizes, { place: "batch", tap: "section" })}
    let start_a = cell * ${I}u;
    let start_b = (batch * ${KH * KW}u + section) * ${I * O}u;`,
        result: `batch * ${O}u`,
      },
    });
  }
  return matmul({
    ...product,
    K: KH * KW * I,
    a: inputAt(sizes, { picture: "m", tap: "k" }),
    b: `return w[(batch * ${KH * KW * I}u + k) * ${O}u + n];`,
    at: `(m * ${OH * OW}u + slice) * ${O}u`,
  }, variant);
}

/** `dx[n, h, w, i] = Σ dy[n, oh, ow, o] · w[oh, ow, kh, kw, i, o]` over the windows that hold the cell. */
export function locallyConnectedInputGradient(
  sizes: Conv2dSizes,
  variant: MatmulVariant,
): Kernel {
  const { N, H, W, I, KH, KW, O, OH, OW } = sizes;
  const product = {
    name: "locally_connected2d_input_gradient",
    batches: H * W,
    M: N,
    N: I,
    operands: ["dy", "w", "dx"],
    activations: ["dy", "dx"],
  } as const;
  if (variant === "subgroup" && fitsVectors(sizes)) {
    return matmulTiles({
      ...product,
      K: O,
      transposeB: true,
      layout: {
        strides: { a: OH * OW * O, b: O, result: H * W * I },
        sections: KH * KW,
        find: `${placeOver(sizes, { cell: "batch", tap: "section" })}
    let start_a = place * ${O}u;
    let start_b = (place * ${KH * KW}u + section) * ${I * O}u;`,
        result: `batch * ${I}u`,
      },
    });
  }
  const window = `${placeOver(sizes, { cell: "batch", tap: `(k / ${O}u)` })}
  if (!inside) { return 0f; }`;
  return matmul({
    ...product,
    K: KH * KW * O,
    a: `${window}
  return f32(dy[(m * ${OH * OW}u + place) * ${O}u + k % ${O}u]);`,
    contiguous: { b: "k" },
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
  const { N, H, W, I, KH, KW, O, OH, OW } = sizes;
  const product = {
    name: "locally_connected2d_weight_gradient",
    N: O,
    K: N,
    operands: ["x", "dy", "dw"],
    activations: ["x", "dy"],
  } as const;
  if (variant === "subgroup" && fitsVectors(sizes)) {
    return matmulTiles({
      ...product,
      batches: OH * OW * KH * KW,
      M: I,
      transposeA: true,
      layout: {
        strides: { a: H * W * I, b: OH * OW * O, result: O },
        sections: 1,
        find: `let place = batch / ${KH * KW}u;
    ${cellUnder(sizes, { place: "place", tap: `(batch % ${KH * KW}u)` })}
    let start_a = cell * ${I}u;
    let start_b = place * ${O}u;`,
        result: `batch * ${I * O}u`,
      },
    });
  }
  return matmul({
    ...product,
    batches: OH * OW,
    M: KH * KW * I,
    contiguous: { a: "m" },
    a: inputAt(sizes, { picture: "k", tap: "m" }),
    b: `return f32(dy[(k * ${OH * OW}u + batch) * ${O}u + n]);`,
  }, variant);
}

/** Whether channels come in vectors of four and places and taps fit the grid. */
function fitsVectors({ I, O, OH, OW, KH, KW }: Conv2dSizes): boolean {
  return I % 4 === 0 && O % 4 === 0 && OH * OW * KH * KW <= 65_535;
}

/** WGSL that returns the input under a tap of the window of place `batch`, 0 in the padding. */
function inputAt(sizes: Conv2dSizes, { picture, tap }: { picture: string; tap: string }): string {
  const { H, W, I } = sizes;
  return `${cellUnder(sizes, { place: "batch", tap: `(${tap} / ${I}u)` })}
  if (!inside) { return 0f; }
  return f32(x[(${picture} * ${H * W}u + cell) * ${I}u + ${tap} % ${I}u]);`;
}

/** WGSL for the `cell` of a picture under a tap of a place's window, and whether it is `inside`. */
export function cellUnder(
  { H, W, KW, SH, SW, PT, PL, OW }: Conv2dSizes,
  { place, tap }: { place: string; tap: string },
): string {
  // A cell before the first wraps round to a number beyond the last.
  return `let down = ${place} / ${OW}u * ${SH}u + ${tap} / ${KW}u - ${PT}u;
    let across = ${place} % ${OW}u * ${SW}u + ${tap} % ${KW}u - ${PL}u;
    let inside = down < ${H}u && across < ${W}u;
    let cell = down * ${W}u + across;`;
}

/** WGSL for the `place` whose window has a tap over a cell, and whether there is one `inside`. */
export function placeOver(
  { W, KW, SH, SW, PT, PL, OH, OW }: Conv2dSizes,
  { cell, tap }: { cell: string; tap: string },
): string {
  // A cell before the first window wraps round to a number beyond the last.
  return `let down = ${cell} / ${W}u + ${PT}u - ${tap} / ${KW}u;
    let across = ${cell} % ${W}u + ${PL}u - ${tap} % ${KW}u;
    let inside = down % ${SH}u == 0u && across % ${SW}u == 0u &&
      down / ${SH}u < ${OH}u && across / ${SW}u < ${OW}u;
    let place = down / ${SH}u * ${OW}u + across / ${SW}u;`;
}
