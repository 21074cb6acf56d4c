/**
 * Local response normalization over channels, and its gradient.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, repeat, wgsl } from "./kernel.ts";

/** Sizes and constants: `rows` pixels of `C` channels. */
export interface NormalizationSizes {
  /** Pixels: N·H·W. */
  readonly rows: number;
  /** Channels. */
  readonly C: number;
  /** Neighbours on each side. */
  readonly radius: number;
  /** The constant under the power. */
  readonly bias: number;
  /** The factor of the sum of squares. */
  readonly alpha: number;
  /** The power. */
  readonly beta: number;
}

const lanes = 64;

/** `y_i = x_i · s_i^−β` with `s_i = bias + α Σ_{|j−i|≤radius} x_j²`. */
export function normalizationForward(sizes: NormalizationSizes): Kernel {
  const { rows, C, radius: R } = sizes;
  const T = tile(C);
  const workgroups = grid(rows * (C / T), lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read_write> y: array<real>;
${inversePower(sizes)}
${guardedLoads(sizes, ["x"])}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${rows * (C / T)}u) { return; }
  let row = index / ${C / T}u * ${C}u;
  let first = index % ${C / T}u * ${T}u;
  ${reach(sizes, -R, T + R, (i) => `let ${at("x", i)} = load_x(row, first, ${i});`)}
  ${reach(sizes, -R, T + R, (i) => `let ${at("q", i)} = ${at("x", i)} * ${at("x", i)};`)}
  ${
    repeat(T, (i) =>
      `y[row + first + ${i}u] = real(${at("x", i)} * inverse_power(${scale(sizes, i)}));`)
  }
}`;
  return { name: "lrn_forward", code, workgroups, flops: rows * C * (2 * R + 8) };
}

/**
 * `dx_i = dy_i · s_i^−β − 2αβ · x_i Σ_{|j−i|≤radius} dy_j · x_j · s_j^(−β−1)`; the scales are computed
 * again, which costs less than keeping them.
 */
export function normalizationGradient(sizes: NormalizationSizes): Kernel {
  const { rows, C, radius: R, alpha, beta } = sizes;
  const T = tile(C);
  const workgroups = grid(rows * (C / T), lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read> dy: array<real>;
@group(0) @binding(2) var<storage, read_write> dx: array<real>;
${inversePower(sizes)}
${guardedLoads(sizes, ["x", "dy"])}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${rows * (C / T)}u) { return; }
  let row = index / ${C / T}u * ${C}u;
  let first = index % ${C / T}u * ${T}u;
  ${reach(sizes, -2 * R, T + 2 * R, (i) => `let ${at("x", i)} = load_x(row, first, ${i});`)}
  ${reach(sizes, -2 * R, T + 2 * R, (i) => `let ${at("q", i)} = ${at("x", i)} * ${at("x", i)};`)}
  ${
    reach(sizes, -R, T + R, (i) =>
      `let ${at("s", i)} = ${scale(sizes, i)};
  let ${at("d", i)} = load_dy(row, first, ${i}) * inverse_power(${at("s", i)});
  let ${at("t", i)} = ${at("d", i)} * ${at("x", i)} / ${at("s", i)};`)
  }
  ${
    repeat(T, (i) =>
      `dx[row + first + ${i}u] = real(${at("d", i)} - ${f32(2 * alpha * beta)} * ${at("x", i)} * (${
        window(sizes, "t", i)
      }));`)
  }
}`;
  return { name: "lrn_gradient", code, workgroups, flops: rows * C * (4 * R + 16) };
}

/** Channels an invocation takes: all where they are few, so that no neighbour is loaded twice. */
function tile(C: number): number {
  return C <= 64 ? C : [32, 16, 8, 4, 2, 1].find((size) => C % size === 0)!;
}

/** The name of a value `offset` channels from the tile's first. */
function at(name: string, offset: number): string {
  return offset < 0 ? `${name}_m${-offset}` : `${name}_${offset}`;
}

/** One line for each offset of [from, to) that can lie inside the channels. */
function reach(
  { C }: NormalizationSizes,
  from: number,
  to: number,
  line: (offset: number) => string,
): string {
  const [least, end] = tile(C) === C ? [Math.max(0, from), Math.min(C, to)] : [from, to];
  return repeat(end - least, (i) => line(least + i), "\n  ");
}

/** The sum of a value over the window around an offset. */
function window({ C, radius }: NormalizationSizes, name: string, offset: number): string {
  const inside = (i: number) => tile(C) !== C || (i >= 0 && i < C);
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => offset - radius + i);
  return offsets.filter(inside).map((i) => at(name, i)).join(" + ");
}

function scale(sizes: NormalizationSizes, offset: number): string {
  return `${f32(sizes.bias)} + ${f32(sizes.alpha)} * (${window(sizes, "q", offset)})`;
}

/** Loads that give zero outside the channels; outside only happens when a row has several tiles. */
function guardedLoads({ C }: NormalizationSizes, names: string[]): string {
  const whole = tile(C) === C;
  return names.map((name) =>
    wgsl`
fn load_${name}(row: u32, first: u32, offset: i32) -> f32 {
  let channel = i32(first) + offset;
  ${whole ? "" : `if (channel < 0 || channel >= ${C}) { return 0f; }`}
  return f32(${name}[row + u32(channel)]);
}`
  ).join("");
}

/** `s^−β`, by square roots for the usual powers: exact to rounding, where `pow` is not. */
function inversePower({ beta }: NormalizationSizes): string {
  const power = beta === 0.75
    ? "inverseSqrt(s) * sqrt(inverseSqrt(s))"
    : beta === 0.5
    ? "inverseSqrt(s)"
    : beta === 1
    ? "1f / s"
    : `exp2(${f32(-beta)} * log2(s))`;
  return `fn inverse_power(s: f32) -> f32 { return ${power}; }`;
}
