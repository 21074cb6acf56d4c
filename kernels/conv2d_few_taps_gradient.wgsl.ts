/**
 * The gradient of the weights of a convolution of few channels, for drivers that run on a processor: its sums
 * stay in registers.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { loadCell, vectorsOf } from "./conv2d_few_taps.wgsl.ts";
import { type Kernel, repeat, wgsl } from "./kernel.ts";
import { lanes } from "./matmul_subgroup.wgsl.ts";

/** Neighbours in a row that the gradient of the weights takes at a time, best if they divide it. */
function runOf({ OW }: Conv2dSizes): number {
  return [6, 8, 7, 5].find((pixels) => OW % pixels === 0) ?? 6;
}

/** Rows of the kernel whose sums a workgroup of the weights' gradient keeps in registers. */
function kernelRowsOf({ KH, KW, I, O }: Conv2dSizes): number {
  const most = Math.max(1, Math.min(KH, Math.floor(150 / (KW * I * vectorsOf(O)))));
  return Math.ceil(KH / Math.ceil(KH / most));
}

/** Workgroups of {@linkcode fewTapsWeightGradient} for one part. */
export function fewTapsGradientGroups(sizes: Conv2dSizes): number {
  const { KH, O } = sizes;
  return Math.ceil(KH / kernelRowsOf(sizes)) * Math.ceil(O / (32 * vectorsOf(O)));
}

/** What the gradient of the weights does besides. */
export interface WeightGradientExtras {
  /** Whether the sums of `dy` over the pixels of each part go to `db`. */
  readonly bias?: boolean;
  /** Whether `dy` is that of a ReLU's output `y`, and counts only where that is positive. */
  readonly relu?: boolean;
}

/**
 * Sums of `x · dy` over the pictures of each of `parts`. Each lane holds eight output channels; it
 * loads their gradients for a run of pixels, and the cells of `x` under them are loaded together and
 * broadcast.
 */
export function fewTapsWeightGradient(
  sizes: Conv2dSizes,
  { parts, bias = false, relu = false }: WeightGradientExtras & { readonly parts: number },
): Kernel {
  const { N, KH, KW, I, O, OH, OW } = sizes;
  const V = vectorsOf(O);
  const R = kernelRowsOf(sizes);
  const across = Math.ceil(O / (32 * V));
  const pixels = runOf(sizes);
  const runs = Math.ceil(OW / pixels);
  const share = Math.ceil(N / parts) * OH * runs;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<real>>;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;
${relu ? "@group(0) @binding(3) var<storage, read> y: array<vec4<real>>;" : ""}
${bias ? `@group(0) @binding(${relu ? 4 : 3}) var<storage, read_write> db: array<vec4f>;` : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x % ${across}u * ${lanes * V}u + lane;
  let kh = group.x / ${across}u * ${R}u;
  ${bias ? repeat(V, (v) => `var sum_${v} = vec4f(0f);`, " ") : ""}
  ${
    repeat(R, (r) =>
      repeat(KW * I, (k) => repeat(V, (v) => `var c_${r}_${k}_${v} = vec4f(0f);`, " "), " "))
  }
  let last = min((group.y + 1u) * ${share}u, ${N * OH * runs}u);
  for (var run = group.y * ${share}u; run < last; run++) {
    let start = run % ${runs}u * ${pixels}u;
    let oh = run / ${runs}u % ${OH}u;
    let n = run / ${runs * OH}u;
    let at = (run / ${runs}u * ${OW}u + start) * ${O / 4}u + column;
    ${loadSlopes(sizes, { bias, relu })}
    ${repeat(R, (r) => `${loadCells(sizes, r)}\n    ${addProducts(sizes, r)}`)}
  }
  ${bias ? storeSums(sizes) : ""}
  ${repeat(R, (r) => storeRow(sizes, r))}
}
${loadCell(sizes)}`;
  return {
    name: "conv2d_weight_gradient",
    code,
    workgroups: [fewTapsGradientGroups(sizes), parts, 1],
    flops: 2 * N * OH * OW * KH * KW * I * O,
  };
}

/** Loads the gradients of a run of pixels as `d_p_v`, before the ReLU, and adds them up for the biases. */
function loadSlopes(
  { O, OW, ...sizes }: Conv2dSizes,
  { bias, relu }: { bias: boolean; relu: boolean },
): string {
  const pixels = runOf({ O, OW, ...sizes });
  return repeat(pixels, (p) =>
    repeat(vectorsOf(O), (v) => {
      const place = `at + ${p * O / 4 + v * lanes}u`;
      const load = `vec4f(dy[${place}])`;
      const slope = relu ? `select(vec4f(0f), ${load}, vec4f(y[${place}]) > vec4f(0f))` : load;
      const inside = OW % pixels === 0
        ? slope
        : `select(vec4f(0f), ${slope}, start + ${p}u < ${OW}u)`;
      return `let d_${p}_${v} = ${inside};${bias ? ` sum_${v} += d_${p}_${v};` : ""}`;
    }, " "));
}

/** Loads the cells of `x` under the run in row `r` of the kernel's, eight a lane, as `x_r_j`. */
function loadCells(sizes: Conv2dSizes, r: number): string {
  const { H, W, I, KW, SH, SW, PT, PL } = sizes;
  const cells = ((runOf(sizes) - 1) * SW + KW) * I;
  return `let h_${r} = i32(oh * ${SH}u + kh) + ${r - PT};
    let inside_${r} = h_${r} >= 0 && h_${r} < ${H};
    let row_${r} = (i32(n * ${H}u) + clamp(h_${r}, 0, ${H - 1})) * ${W};
    ${
    repeat(Math.ceil(cells / lanes), (j) => {
      const cell = `(lane + ${j * lanes}u)`;
      const column = `i32(start * ${SW}u + ${cell} / ${I}u) - ${PL}`;
      return `let x_${r}_${j} = load(row_${r}, ${column}, ${cell} % ${I}u, inside_${r});`;
    })
  }`;
}

/** Adds the products of cells and gradients to the sums `c_r_k_v` of the taps in row `r`. */
function addProducts(sizes: Conv2dSizes, r: number): string {
  const { KW, I, O, SW } = sizes;
  const pixels = runOf(sizes);
  const broadcast = (k: number, p: number) => {
    const cell = p * SW * I + k;
    return `let s_${p} = vec4f(subgroupBroadcast(x_${r}_${cell >> 3}, ${cell & 7}u));`;
  };
  const add = (k: number, v: number, p: number) =>
    `c_${r}_${k}_${v} = fma(s_${p}, d_${p}_${v}, c_${r}_${k}_${v});`;
  return repeat(KW * I, (k) =>
    `{
      ${repeat(pixels, (p) => broadcast(k, p), " ")}
      ${repeat(vectorsOf(O), (v) => repeat(pixels, (p) => add(k, v, p), " "))}
    }`);
}

/** Stores the sums for the biases, which the workgroups of the first rows have. */
function storeSums({ O }: Conv2dSizes): string {
  return repeat(vectorsOf(O), (v) =>
    `if (kh == 0u && column + ${v * lanes}u < ${O / 4}u) {
    db[group.y * ${O / 4}u + column + ${v * lanes}u] = sum_${v};
  }`);
}

/** Stores the sums of the taps in row `r`. */
function storeRow({ KH, KW, I, O }: Conv2dSizes, r: number): string {
  const put = (v: number) =>
    repeat(KW * I, (k) => `dw[at + ${k * O / 4 + v * lanes}u] = c_${r}_${k}_${v};`, " ");
  return `if (kh + ${r}u < ${KH}u) {
    let at = (group.y * ${KH}u + kh + ${r}u) * ${KW * I * O / 4}u + column;
    ${repeat(vectorsOf(O), (v) => `if (column + ${v * lanes}u < ${O / 4}u) { ${put(v)} }`)}
  }`;
}
