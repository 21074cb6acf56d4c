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
export function vectorsOf(O: number): number {
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

/** WGSL of a function that gives a cell of a row, 0 in the padding. */
export function loadCell({ W, I }: Conv2dSizes): string {
  return `fn load(row: i32, w: i32, i: u32, inside: bool) -> f32 {
  let at = u32(row + clamp(w, 0, ${W - 1})) * ${I}u + i;
  return select(0f, f32(x[at]), inside && w >= 0 && w < ${W});
}`;
}
