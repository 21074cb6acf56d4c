/**
 * Convolution of pictures of few channels, as the first layer of a network has them, for drivers that run
 * on a processor: all taps of a window stay in registers.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import type { Finish } from "./matmul.wgsl.ts";
import { lanes } from "./matmul_subgroup.wgsl.ts";

/** Whether the weights of some columns fit where a processor has its stack. */
export function hasFewTaps({ KH, KW, I, O }: Conv2dSizes): boolean {
  return O % 4 === 0 && KW <= lanes && KH * KW * I * vectorsOf(O) <= 160;
}

/** Vectors of output channels that a lane holds. */
function vectorsOf(O: number): number {
  return O > 32 ? 2 : 1;
}

/**
 * The forward convolution. A workgroup loads the weights of 64 output channels once, eight to a lane, and
 * goes through its share of the output's pixels: eight at a time, the window of one in each lane, then
 * broadcasts one after the other.
 */
export function fewTapsForward(
  sizes: Conv2dSizes,
  { name, bias, relu }: { name: string } & Finish,
): Kernel {
  const { N, H, W, I, KH, KW, O, SH, OH, OW, PT } = sizes;
  const V = vectorsOf(O);
  const across = Math.ceil(O / (32 * V));
  // Eight pixels that may be neighbours lie in one row.
  const octets = Math.ceil(OW / lanes);
  const rows = N * OH;
  const share = Math.ceil(rows / Math.max(1, Math.min(256, rows >> 1)));
  const workgroups = grid(Math.ceil(rows / share) * across, 1);
  const taps = KH * KW * I;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read> w: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<real>>;
${bias ? "@group(0) @binding(3) var<storage, read> b: array<vec4f>;" : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let block = group.y * ${workgroups[0]}u + group.x;
  let column = block % ${across}u * ${lanes * V}u + lane;
  ${
    repeat(taps, (k) =>
      repeat(V, (v) => `let w_${k}_${v} = w[column + ${k * O / 4 + v * lanes}u];`, " "))
  }
  ${repeat(V, (v) => `let bias_${v} = ${bias ? `b[column + ${v * lanes}u]` : "vec4f(0f)"};`)}
  let first = block / ${across}u * ${share * octets}u;
  let last = min(first + ${share * octets}u, ${rows * octets}u);
  for (var octet = first; octet < last; octet++) {
    let start = octet % ${octets}u * ${lanes}u;
    let ow = i32(start + lane);
    let oh = octet / ${octets}u % ${OH}u;
    let n = octet / ${octets * OH}u;
    ${
    repeat(KH, (kh) =>
      `let h_${kh} = i32(oh * ${SH}u) + ${kh - PT};
    let inside_${kh} = h_${kh} >= 0 && h_${kh} < ${H};
    let row_${kh} = (i32(n * ${H}u) + clamp(h_${kh}, 0, ${H - 1})) * ${W};`)
  }
    ${loadWindow(sizes)}
    for (var p = 0u; p < ${
    OW % lanes === 0 ? `${lanes}u` : `min(${lanes}u, ${OW}u - start)`
  }; p++) {
      ${repeat(V, (v) => `var c_${v} = vec4f(0f);`, " ")}
      ${
    repeat(KH, (kh) =>
      repeat(KW, (kw) =>
        repeat(I, (i) =>
          `{
        let s = vec4f(subgroupShuffle(x_${kh}_${kw}_${i}, p));
        ${repeat(V, (v) => `c_${v} = fma(s, w_${(kh * KW + kw) * I + i}_${v}, c_${v});`, " ")}
      }`)))
  }
      let at = (octet / ${octets}u * ${OW}u + start + p) * ${O / 4}u + column;
      ${
    repeat(V, (v) => {
      const sum = `c_${v} + bias_${v}`;
      const value = relu ? `max(${sum}, vec4f(0f))` : sum;
      const store = `y[at + ${v * lanes}u] = vec4<real>(${value});`;
      return O % (32 * V) === 0 ? store : `if (column + ${v * lanes}u < ${O / 4}u) { ${store} }`;
    })
  }
    }
  }
}
${loadCell(sizes)}`;
  return { name, code, workgroups, flops: 2 * N * OH * OW * taps * O };
}

/**
 * Loads the window of each lane's pixel as `x_kh_kw_i`. Neighbours share most of their cells, so for a
 * stride of 1 the sixteen cells from the first lane's on are loaded once and moved from lane to lane.
 */
function loadWindow({ I, KH, KW, SW, PL }: Conv2dSizes): string {
  const cell = (kh: number, kw: number, i: number) =>
    `load(row_${kh}, ow * ${SW} + ${kw - PL}, ${i}u, inside_${kh})`;
  if (SW !== 1) {
    return repeat(
      KH,
      (kh) => repeat(KW, (kw) => repeat(I, (i) => `let x_${kh}_${kw}_${i} = ${cell(kh, kw, i)};`)),
    );
  }
  return repeat(KH, (kh) =>
    repeat(I, (i) =>
      `let x_${kh}_0_${i} = ${cell(kh, 0, i)};
    let next_${kh}_${i} = ${cell(kh, lanes, i)};
    ${
        repeat(KW - 1, (k) => {
          const from = `(lane + ${k + 1}u) % ${lanes}u`;
          return `let x_${kh}_${k + 1}_${i} = select(subgroupShuffle(next_${kh}_${i}, ${from}), ` +
            `subgroupShuffle(x_${kh}_0_${i}, ${from}), lane < ${lanes - 1 - k}u);`;
        })
      }`));
}

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
  const { N, H, W, I, KH, KW, O, SH, SW, PT, PL, OH, OW } = sizes;
  const V = vectorsOf(O);
  const R = kernelRowsOf(sizes);
  const across = Math.ceil(O / (32 * V));
  const pixels = runOf(sizes);
  const runs = Math.ceil(OW / pixels);
  const share = Math.ceil(N / parts) * OH * runs;
  const cells = ((pixels - 1) * SW + KW) * I;
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
    ${
    repeat(pixels, (p) =>
      repeat(V, (v) => {
        const place = `at + ${p * O / 4 + v * lanes}u`;
        const load = `vec4f(dy[${place}])`;
        const slope = relu ? `select(vec4f(0f), ${load}, vec4f(y[${place}]) > vec4f(0f))` : load;
        const inside = OW % pixels === 0
          ? slope
          : `select(vec4f(0f), ${slope}, start + ${p}u < ${OW}u)`;
        const sum = bias ? ` sum_${v} += d_${p}_${v};` : "";
        return `let d_${p}_${v} = ${inside};${sum}`;
      }, " "))
  }
    ${
    repeat(R, (r) =>
      `let h_${r} = i32(oh * ${SH}u + kh) + ${r - PT};
    let row_${r} = (i32(n * ${H}u) + clamp(h_${r}, 0, ${H - 1})) * ${W};
    ${
        repeat(Math.ceil(cells / lanes), (j) =>
          `let x_${r}_${j} = load(row_${r}, i32(start * ${SW}u + (lane + ${
            j * lanes
          }u) / ${I}u) - ${PL}, (lane + ${j * lanes}u) % ${I}u, h_${r} >= 0 && h_${r} < ${H});`)
      }
    ${
        repeat(KW * I, (k) =>
          `{
      ${
            repeat(pixels, (p) => {
              const cell = p * SW * I + k;
              return `let s_${p} = vec4f(subgroupBroadcast(x_${r}_${cell >> 3}, ${cell & 7}u));`;
            }, " ")
          }
      ${
            repeat(V, (v) =>
              repeat(
                pixels,
                (p) => `c_${r}_${k}_${v} = fma(s_${p}, d_${p}_${v}, c_${r}_${k}_${v});`,
                " ",
              ))
          }
    }`)
      }`)
  }
  }
  ${
    bias
      ? repeat(V, (v) =>
        `if (kh == 0u && column + ${v * lanes}u < ${O / 4}u) {
    db[group.y * ${O / 4}u + column + ${v * lanes}u] = sum_${v};
  }`)
      : ""
  }
  ${
    repeat(R, (r) =>
      `if (kh + ${r}u < ${KH}u) {
    let at = (group.y * ${KH}u + kh + ${r}u) * ${KW * I * O / 4}u + column;
    ${
        repeat(V, (v) =>
          `if (column + ${v * lanes}u < ${O / 4}u) { ${
            repeat(KW * I, (k) => `dw[at + ${k * O / 4 + v * lanes}u] = c_${r}_${k}_${v};`, " ")
          } }`)
      }
  }`)
  }
}
${loadCell(sizes)}`;
  return {
    name: "conv2d_weight_gradient",
    code,
    workgroups: [fewTapsGradientGroups(sizes), parts, 1],
    flops: 2 * N * OH * OW * KH * KW * I * O,
  };
}

/** WGSL of a function that gives a cell of a row, 0 in the padding. */
function loadCell({ W, I }: Conv2dSizes): string {
  return `fn load(row: i32, w: i32, i: u32, inside: bool) -> f32 {
  let at = u32(row + clamp(w, 0, ${W - 1})) * ${I}u + i;
  return select(0f, f32(x[at]), inside && w >= 0 && w < ${W});
}`;
}
