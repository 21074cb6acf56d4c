/**
 * Convolution of each channel by itself, and its gradients: strips of a row in registers, as a load costs
 * as much as many multiply-adds.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { flatIndex, grid, type Kernel, repeat, stored, wgsl } from "./kernel.ts";

/** Sizes of a depthwise convolution: `O` is `I` times a whole multiplier, `w` is `KH×KW×I×multiplier`. */
export type DepthwiseSizes = Conv2dSizes;

const lanes = 64;

/** Channels that an invocation takes: with one output each, four lie side by side everywhere. */
function vectorOf({ I, O }: DepthwiseSizes): { V: number; value: "vec4f" | "f32" } {
  return I === O && O % 4 === 0 ? { V: 4, value: "vec4f" } : { V: 1, value: "f32" };
}

/** Pixels that an invocation takes of a row at most; measured on lavapipe, 4 and 12 are slower. */
const longest = 8;

/** Output pixels of a strip: an equal share of a row. */
function stripOf(OW: number): { P: number; strips: number } {
  const strips = Math.ceil(OW / longest);
  return { P: Math.ceil(OW / strips), strips };
}

/**
 * `y[n, oh, ow, i·M + m] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[kh, kw, i, m] + b[i·M + m]`, ReLU after.
 */
export function depthwiseForward(
  sizes: DepthwiseSizes,
  { bias, relu }: { bias: boolean; relu: boolean },
): Kernel {
  const { N, H, W, I, KH, KW, O, SH, SW, PT, OH, OW } = sizes;
  const { V, value } = vectorOf(sizes);
  const { P, strips } = stripOf(OW);
  const channels = O / V;
  const count = N * OH * strips * channels;
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> w: array<${value}>;
@group(0) @binding(2) var<storage, read_write> y: array<${stored(value)}>;
${bias ? `@group(0) @binding(3) var<storage, read> b: array<${value}>;` : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let o = index % ${channels}u;
  let i = o / ${O / I}u;
  let ow = index / ${channels}u % ${strips}u * ${P}u;
  let oh = index / ${channels * strips}u % ${OH}u;
  let n = index / ${channels * strips * OH}u;
  ${repeat(P, (p) => `var sum_${p} = ${bias ? "b[o]" : `${value}(0f)`};`, " ")}
  for (var kh = 0u; kh < ${KH}u; kh++) {
    let h = i32(oh * ${SH}u + kh) - ${PT};
    if (h < 0 || h >= ${H}) { continue; }
    let row = (n * ${H}u + u32(h)) * ${W}u;
    ${loadStrip(sizes, P)}
    ${
    repeat(KW, (kw) =>
      `{
      let tap = w[(kh * ${KW}u + ${kw}u) * ${channels}u + o];
      ${repeat(P, (p) => `sum_${p} = fma(x_${p * SW + kw}, tap, sum_${p});`, " ")}
    }`)
  }
  }
  let at = ((n * ${OH}u + oh) * ${OW}u + ow) * ${channels}u + o;
  ${
    repeat(P, (p) => {
      const result = relu ? `max(sum_${p}, ${value}(0f))` : `sum_${p}`;
      return `if (ow + ${p}u < ${OW}u) { y[at + ${p * channels}u] = ${stored(value)}(${result}); }`;
    })
  }
}`;
  return { name: "depthwise_conv2d_forward", code, workgroups, flops: flopsOf(sizes) };
}

/** Rows of pixels, over all pictures, that one invocation sums in the gradient of the weights. */
function runOf({ N, OH }: DepthwiseSizes): number {
  return Math.max(OH, Math.ceil(N * OH / 128));
}

/** Rows of the `partials` of {@linkcode depthwiseWeightGradient}, to be summed by `columnSums`. */
export function depthwiseParts(sizes: DepthwiseSizes): number {
  return Math.ceil(sizes.N * sizes.OH / runOf(sizes));
}

/** `dw[kh, kw, i, m] = Σ x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · dy[n, oh, ow, i·M + m]`, in parts. */
export function depthwiseWeightGradient(sizes: DepthwiseSizes): Kernel {
  const { N, H, W, I, KH, KW, O, SH, SW, PT, OH, OW } = sizes;
  const { V, value } = vectorOf(sizes);
  const { P, strips } = stripOf(OW);
  const run = runOf(sizes);
  const channels = O / V;
  const count = depthwiseParts(sizes) * KH * channels;
  const workgroups = grid(count, lanes);
  const slope = (p: number) => {
    const load = `${value}(dy[at + ${p * channels}u])`;
    return strips * P === OW ? load : `select(${value}(0f), ${load}, ow + ${p}u < ${OW}u)`;
  };
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(2) var<storage, read_write> dw: array<${value}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let o = index % ${channels}u;
  let i = o / ${O / I}u;
  let kh = index / ${channels}u % ${KH}u;
  let part = index / ${channels * KH}u;
  ${repeat(KW, (kw) => `var sum_${kw} = ${value}(0f);`, " ")}
  for (var line = part * ${run}u; line < min((part + 1u) * ${run}u, ${N * OH}u); line++) {
    let h = i32(line % ${OH}u * ${SH}u + kh) - ${PT};
    if (h < 0 || h >= ${H}) { continue; }
    let row = (line / ${OH}u * ${H}u + u32(h)) * ${W}u;
    for (var ow = 0u; ow < ${OW}u; ow += ${P}u) {
      let at = (line * ${OW}u + ow) * ${channels}u + o;
      ${repeat(P, (p) => `let slope_${p} = ${slope(p)};`, " ")}
      ${loadStrip(sizes, P)}
      ${
    repeat(
      KW,
      (kw) => repeat(P, (p) => `sum_${kw} = fma(x_${p * SW + kw}, slope_${p}, sum_${kw});`, " "),
    )
  }
    }
  }
  let out = (part * ${KH}u + kh) * ${KW * channels}u + o;
  ${repeat(KW, (kw) => `dw[out + ${kw * channels}u] = sum_${kw};`, " ")}
}`;
  return { name: "depthwise_conv2d_weight_gradient", code, workgroups, flops: flopsOf(sizes) };
}

/** `dx[n, h, w, i] = Σ_m Σ dy[n, oh, ow, i·M + m] · w[kh, kw, i, m]` over the windows that hold the cell. */
export function depthwiseInputGradient(sizes: DepthwiseSizes): Kernel {
  const { N, H, W, I, KH, KW, O, SH, SW, PT, PL, OH, OW } = sizes;
  const { V, value } = vectorOf(sizes);
  const M = O / I;
  // A strip starts at a window's first cell in the padded picture, so which taps meet which cells is known.
  const P = SW * Math.max(1, Math.floor(longest / SW));
  const strips = Math.ceil((W + PL) / P);
  const [inputs, outputs] = [I / V, O / V];
  const count = N * H * strips * inputs;
  const workgroups = grid(count, lanes);
  // Windows that hold a cell of the strip, counted from the one that starts with the strip.
  const [first, last] = [-Math.floor((KW - 1) / SW), P / SW - 1];
  const windows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read> w: array<${value}>;
@group(0) @binding(2) var<storage, read_write> dx: array<${stored(value)}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let i = index % ${inputs}u;
  let strip = index / ${inputs}u % ${strips}u;
  let h = index / ${inputs * strips}u % ${H}u;
  let n = index / ${inputs * strips * H}u;
  let ow = i32(strip * ${P / SW}u);
  ${repeat(P, (p) => `var sum_${p} = ${value}(0f);`, " ")}
  for (var kh = 0u; kh < ${KH}u; kh++) {
    // A cell before the first window wraps round to a number beyond the last.
    let down = h + ${PT}u - kh;
    if (down % ${SH}u != 0u || down / ${SH}u >= ${OH}u) { continue; }
    let row = (n * ${OH}u + down / ${SH}u) * ${OW}u;
    for (var m = 0u; m < ${M}u; m++) {
      let o = i * ${M}u + m;
      ${
    windows.map((v, j) =>
      `let slope_${j} = select(${value}(0f), ${value}(dy[(row + u32(clamp(ow + ${v}, 0, ${
        OW - 1
      }))) * ${outputs}u + o]), ow + ${v} >= 0 && ow + ${v} < ${OW});`
    ).join("\n      ")
  }
      ${
    repeat(KW, (kw) =>
      `{
        let tap = w[(kh * ${KW}u + ${kw}u) * ${outputs}u + o];
        ${
        windows.map((v, j) => {
          const p = v * SW + kw;
          return p >= 0 && p < P ? `sum_${p} = fma(slope_${j}, tap, sum_${p});` : "";
        }).join(" ")
      }
      }`)
  }
    }
  }
  let left = strip * ${P}u;
  ${
    repeat(P, (p) =>
      `if (left + ${p}u >= ${PL}u && left + ${p}u < ${PL + W}u) {
    dx[((n * ${H}u + h) * ${W}u + left + ${p}u - ${PL}u) * ${inputs}u + i] = ${
        stored(value)
      }(sum_${p});
  }`)
  }
}`;
  return { name: "depthwise_conv2d_input_gradient", code, workgroups, flops: flopsOf(sizes) };
}

/** Loads the cells under a strip of `P` pixels from `ow` as `x_0 …`, from `row` of channel `i`, 0 in the padding. */
function loadStrip(sizes: DepthwiseSizes, P: number): string {
  const { W, I, KW, SW, PL } = sizes;
  const { V, value } = vectorOf(sizes);
  return `let left = i32(ow * ${SW}u) - ${PL};
    ${
    repeat(
      (P - 1) * SW + KW,
      (t) =>
        `let x_${t} = select(${value}(0f), ${value}(x[(row + u32(clamp(left + ${t}, 0, ${
          W - 1
        }))) * ${I / V}u + i]), left + ${t} >= 0 && left + ${t} < ${W});`,
      "\n    ",
    )
  }`;
}

function flopsOf({ N, OH, OW, KH, KW, O }: DepthwiseSizes): number {
  return 2 * N * OH * OW * KH * KW * O;
}
