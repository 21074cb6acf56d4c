/**
 * Convolution with square kernels and strides of 1 by Winograd's minimal filtering: tiles of the input
 * and the taps are transformed, multiplied as `n²` matrix products, and transformed back. A 5×5 kernel
 * takes 6.25 times fewer multiplications so.
 *
 * The gradients are the transposed transforms in the opposite order.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { type AdapterKind, type Kernel, repeat, stored } from "./kernel.ts";
import { matmul, type MatmulVariant, partsFor } from "./matmul.wgsl.ts";
import { fitsStationary, matmulStationary } from "./matmul_stationary.wgsl.ts";
import { fitsTiles, matmulTiles } from "./matmul_tiles.wgsl.ts";
import { tileCells as n, transpose, winogradMatrices } from "./winograd_matrices.ts";
import { transform, vectorOf } from "./winograd_transform.wgsl.ts";

/** Whether sizes are such that this way exists. */
export function winogradFits({ KH, KW, SH, SW }: Conv2dSizes): boolean {
  return KH === KW && KH <= n && SH === 1 && SW === 1;
}

/** Tiles of the output: `N` times those of a picture. */
export function winogradTiles({ N, OH, OW, KH }: Conv2dSizes): number {
  const m = n + 1 - KH;
  return N * Math.ceil(OH / m) * Math.ceil(OW / m);
}

/** Cells of a tile, each the number of a matrix product. */
export const winogradCells: number = n * n;

/**
 * What this way costs next to the direct way: below 1 it pays. Counted in multiply-adds, and fitted to times of
 * both: on lavapipe with kernels of 3 to 8, pictures of 2 to 24, 16 to 64 channels, batches of 1 to 128; on an
 * H100 with kernels of 3 and 5, pictures of 8 to 32, 3 to 64 channels, batches of 1 to 128.
 *
 * @param tapsOnce whether the taps are transformed once for many runs
 */
export function winogradCost(
  sizes: Conv2dSizes,
  { tapsOnce, kind }: { tapsOnce: boolean; kind: AdapterKind },
): number {
  const { N, I, O, KH, OH, OW } = sizes;
  const cells = winogradTiles(sizes) * winogradCells;
  const pixels = N * OH * OW * KH * KH;
  if (kind === "gpu") {
    // Tiles of products are 64 columns wide.
    const columns = Math.ceil(O / 64) * 64;
    return (cells * I * columns * 0.8 + cells * 31 * (I + O) + 1.4e8) / (pixels * I * columns);
  }
  // Loading or storing a number counts like 16 multiply-adds, of the taps one by one like 32.
  const taps = tapsOnce ? 0 : I * O * (KH * KH + winogradCells) * 32;
  // Rows of small kernels share fewer loads.
  const direct = pixels * I * O * (KH < 5 ? 1.4 : 0.5);
  return (cells * I * O * 1.2 + cells * 32 * (I + O) + taps + 2e6) / direct;
}

/** `v[cell, tile, i] = Bᵀ d B` of each tile `d` of the input. */
export function winogradInput(sizes: Conv2dSizes): Kernel {
  const { H, W, I, KH, PT, PL } = sizes;
  const { V, type } = vectorOf(I);
  const m = n + 1 - KH;
  return transform("winograd_input", {
    count: winogradTiles(sizes) * I,
    channels: I,
    source: "x",
    result: "v",
    activations: ["x"],
    matrix: winogradMatrices(KH).input,
    place: `${tileAt(sizes, I / V)}
  let top = i32(down * ${m}u) - ${PT};
  let left = i32(across * ${m}u) - ${PL};`,
    load: (r, c) => `load(n, channel, top + ${r}, left + ${c})`,
    functions: `fn load(n: u32, channel: u32, h: i32, w: i32) -> ${type} {
  let inside = h >= 0 && h < ${H} && w >= 0 && w < ${W};
  let at = (n * ${H}u + u32(clamp(h, 0, ${H - 1}))) * ${W}u + u32(clamp(w, 0, ${W - 1}));
  return select(${type}(0f), ${type}(x[at * ${I / V}u + channel]), inside);
}`,
    store: (r, c, value) => `v[${(r * n + c) * winogradTiles(sizes) * I / V}u + index] = ${value};`,
  });
}

/**
 * `u[cell, i, o] = G g Gᵀ` of the taps between two channels. With `turned`, `w` are the weights of the convolution
 * that this one is the input's gradient of: `KH×KW×O×I`, turned round.
 */
export function winogradTaps({ KH, I, O }: Conv2dSizes, { turned }: { turned: boolean }): Kernel {
  return transform("winograd_taps", {
    count: I * O,
    source: "w",
    result: "u",
    matrix: winogradMatrices(KH).taps,
    place: turned ? `let start = index % ${O}u * ${I}u + index / ${O}u;` : "",
    load: (r, c) =>
      turned
        ? `w[${((KH - 1 - r) * KH + KH - 1 - c) * I * O}u + start]`
        : `w[${(r * KH + c) * I * O}u + index]`,
    store: (r, c, value) => `u[${(r * n + c) * I * O}u + index] = ${value};`,
  });
}

/** `y = Aᵀ p A + b` of each tile of products, ReLU after; without a bias for the input's gradient. */
export function winogradOutput(
  sizes: Conv2dSizes,
  { bias, relu }: { bias: boolean; relu: boolean },
): Kernel {
  const { KH, O, OH, OW } = sizes;
  const { V, type } = vectorOf(O);
  const m = n + 1 - KH;
  const biased = bias ? "sum + b[channel]" : "sum";
  return transform("winograd_output", {
    count: winogradTiles(sizes) * O,
    channels: O,
    source: "p",
    result: "y",
    activations: ["y"],
    more: bias ? [`@group(0) @binding(2) var<storage, read> b: array<${type}>;`] : [],
    matrix: winogradMatrices(KH).output,
    place: tileAt(sizes, O / V),
    load: (r, c) => `p[${(r * n + c) * winogradTiles(sizes) * O / V}u + index]`,
    store: (r, c, value) =>
      `put(n, channel, down * ${m}u + ${r}u, across * ${m}u + ${c}u, ${value});`,
    functions: `fn put(n: u32, channel: u32, h: u32, w: u32, sum: ${type}) {
  if (h < ${OH}u && w < ${OW}u) {
    y[((n * ${OH}u + h) * ${OW}u + w) * ${O / V}u + channel] = ${stored(type)}(${
      relu ? `max(${biased}, ${type}(0f))` : biased
    });
  }
}`,
  });
}

/** `q[cell, tile, o] = A dy Aᵀ`: the transposed of {@linkcode winogradOutput}. */
export function winogradOutputGradient(sizes: Conv2dSizes): Kernel {
  const { KH, O, OH, OW } = sizes;
  const { V, type } = vectorOf(O);
  const m = n + 1 - KH;
  return transform("winograd_output_gradient", {
    count: winogradTiles(sizes) * O,
    channels: O,
    source: "dy",
    result: "q",
    activations: ["dy"],
    matrix: transpose(winogradMatrices(KH).output),
    place: tileAt(sizes, O / V),
    load: (r, c) => `load(n, channel, down * ${m}u + ${r}u, across * ${m}u + ${c}u)`,
    functions: `fn load(n: u32, channel: u32, h: u32, w: u32) -> ${type} {
  let inside = h < ${OH}u && w < ${OW}u;
  let at = (n * ${OH}u + min(h, ${OH - 1}u)) * ${OW}u + min(w, ${OW - 1}u);
  return select(${type}(0f), ${type}(dy[at * ${O / V}u + channel]), inside);
}`,
    store: (r, c, value) => `q[${(r * n + c) * winogradTiles(sizes) * O / V}u + index] = ${value};`,
  });
}

/** `dw = Gᵀ (Σ_part du) G` between two channels: the transposed of {@linkcode winogradTaps}. */
export function winogradTapsGradient({ KH, I, O }: Conv2dSizes, parts: number): Kernel {
  return transform("winograd_taps_gradient", {
    count: I * O,
    source: "du",
    result: "dw",
    matrix: transpose(winogradMatrices(KH).taps),
    load: (r, c) =>
      repeat(parts, (part) => `du[${((r * n + c) * parts + part) * I * O}u + index]`, " + "),
    store: (r, c, value) => `dw[${(r * KH + c) * I * O}u + index] = ${value};`,
  });
}

/** `p[cell] = v[cell] u[cell]`, tiles by channels. */
export function winogradProducts(sizes: Conv2dSizes, variant: MatmulVariant): Kernel {
  const { I, O } = sizes;
  const tiles = winogradTiles(sizes);
  const product = { batches: winogradCells, M: tiles, N: O, K: I };
  if (variant === "subgroup" && fitsStationary(product)) {
    return matmulStationary({ name: "winograd_products", ...product, operands: ["v", "u", "p"] });
  }
  return matmul({
    name: "winograd_products",
    batches: winogradCells,
    M: tiles,
    N: O,
    K: I,
    operands: ["v", "u", "p"],
    a: `return v[(batch * ${tiles}u + m) * ${I}u + k];`,
    b: `return u[(batch * ${I}u + k) * ${O}u + n];`,
  }, variant);
}

/** Parts to cut the sums of {@linkcode winogradProductsGradient} over tiles into. */
export function winogradGradientParts(sizes: Conv2dSizes, variant: MatmulVariant): number {
  if (variant === "subgroup") return 1;
  const groups = winogradCells * Math.ceil(sizes.I / 64) * Math.ceil(sizes.O / 64);
  return partsFor(groups, winogradTiles(sizes) / 256, variant);
}

/** `du[cell, part] = v[cell]ᵀ q[cell]`, channels by channels, the sums in parts. */
export function winogradProductsGradient(
  sizes: Conv2dSizes,
  { parts, variant }: { parts: number; variant: MatmulVariant },
): Kernel {
  const { I, O } = sizes;
  const tiles = winogradTiles(sizes);
  const product = { batches: winogradCells, M: I, N: O, K: tiles, transposeA: true };
  if (variant === "subgroup" && fitsTiles(product)) {
    return matmulTiles({
      name: "winograd_products_gradient",
      ...product,
      operands: ["v", "q", "du"],
    });
  }
  return matmul({
    name: "winograd_products_gradient",
    batches: winogradCells,
    M: I,
    N: O,
    K: tiles,
    parts,
    operands: ["v", "q", "du"],
    a: `return v[(batch * ${tiles}u + k) * ${I}u + m];`,
    b: `return q[(batch * ${tiles}u + k) * ${O}u + n];`,
    contiguous: { a: "m" },
  }, variant);
}

/** WGSL that takes `index` over picture, tile and channel apart. */
function tileAt({ OH, OW, KH }: Conv2dSizes, channels: number): string {
  const m = n + 1 - KH;
  const [down, across] = [Math.ceil(OH / m), Math.ceil(OW / m)];
  return `let channel = index % ${channels}u;
  let across = index / ${channels}u % ${across}u;
  let down = index / ${channels * across}u % ${down}u;
  let n = index / ${channels * across * down}u;`;
}
