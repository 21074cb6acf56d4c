/**
 * Means and variances, of columns and of rows. No variance is a difference of means of squares, which
 * would cancel where the mean is large; instead squares are summed of differences from a first mean,
 * and what these sum to corrects it.
 *
 * Source: Chan, Golub, LeVeque, "Algorithms for computing the sample variance" (1983), eq. 1.7.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, stored, wgsl } from "./kernel.ts";

const lanes = 64;

/** Sizes of a table of activations: `rows` of `C` channels. */
export interface TableSizes {
  /** Examples, or pixels of all pictures. */
  readonly rows: number;
  /** Channels. */
  readonly C: number;
}

/** Rows that one invocation takes: enough that few partial results are left. */
export function runOf(rows: number): number {
  return Math.max(64, Math.ceil(rows / 256));
}

/** Partial results for so many rows, each for all channels. */
export function partsOf(rows: number): number {
  return Math.ceil(rows / runOf(rows));
}

/** Numbers that an invocation takes at once, and their type. */
export function vectorOf(C: number): readonly [V: number, value: "f32" | "vec4f"] {
  return C % 4 === 0 ? [4, "vec4f"] : [1, "f32"];
}

/** For each run of rows: `mean[part, c]` and `squares[part, c] = Σ (x − mean)²`. */
export function columnMoments({ rows, C }: TableSizes): Kernel {
  const [V, value] = vectorOf(C);
  const columns = C / V;
  const count = partsOf(rows) * columns;
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> means: array<${value}>;
@group(0) @binding(2) var<storage, read_write> squares: array<${value}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let column = index % ${columns}u;
  let first = index / ${columns}u * ${runOf(rows)}u;
  let end = min(first + ${runOf(rows)}u, ${rows}u);
  var sum = ${value}(0f);
  for (var row = first; row < end; row++) { sum += ${value}(x[row * ${columns}u + column]); }
  let mean = sum / f32(end - first);
  var rest = ${value}(0f);
  var square = ${value}(0f);
  for (var row = first; row < end; row++) {
    let difference = ${value}(x[row * ${columns}u + column]) - mean;
    rest += difference;
    square += difference * difference;
  }
  let correction = rest / f32(end - first);
  means[index] = mean + correction;
  squares[index] = square - rest * correction;
}`;
  return { name: "column_moments", code, workgroups, flops: 5 * rows * C };
}

/**
 * `mean[c]` and the biased `variance[c]` of all rows out of those of the runs: with `n` rows in a run,
 * `Σ (x − mean)² = Σ_part squares + n (mean_part − mean)²`.
 *
 * Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
 * variances" (1979).
 */
export function mergeMoments({ rows, C }: TableSizes): Kernel {
  const workgroups = grid(C, lanes);
  const size = `f32(min(${runOf(rows)}u, ${rows}u - part * ${runOf(rows)}u))`;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> means: array<f32>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let c = ${flatIndex(workgroups, lanes)};
  if (c >= ${C}u) { return; }
  var sum = 0f;
  for (var part = 0u; part < ${
    partsOf(rows)
  }u; part++) { sum += ${size} * means[part * ${C}u + c]; }
  let all = sum / ${rows}f;
  var square = 0f;
  for (var part = 0u; part < ${partsOf(rows)}u; part++) {
    let difference = means[part * ${C}u + c] - all;
    square += squares[part * ${C}u + c] + ${size} * difference * difference;
  }
  mean[c] = all;
  variance[c] = square / ${rows}f;
}`;
  return { name: "merge_moments", code, workgroups, flops: 6 * partsOf(rows) * C };
}

/** WGSL for the sum of what {@linkcode vectorOf} takes at once. */
export function sumOf(value: "f32" | "vec4f", name: string): string {
  return value === "f32" ? name : `dot(${name}, vec4f(1f))`;
}

/** `mean[row]` and the biased `variance[row]` over the channels of each row. */
export function rowMoments({ rows, C }: TableSizes): Kernel {
  const [V, value] = vectorOf(C);
  const columns = C / V;
  const workgroups = grid(rows, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${flatIndex(workgroups, lanes)};
  if (row >= ${rows}u) { return; }
  let base = row * ${columns}u;
  var sum = ${value}(0f);
  for (var c = 0u; c < ${columns}u; c++) { sum += ${value}(x[base + c]); }
  let all = ${sumOf(value, "sum")} / ${C}f;
  var rest = ${value}(0f);
  var square = ${value}(0f);
  for (var c = 0u; c < ${columns}u; c++) {
    let difference = ${value}(x[base + c]) - all;
    rest += difference;
    square += difference * difference;
  }
  let remainder = ${sumOf(value, "rest")};
  let correction = remainder / ${C}f;
  mean[row] = all + correction;
  variance[row] = (${sumOf(value, "square")} - remainder * correction) / ${C}f;
}`;
  return { name: "row_moments", code, workgroups, flops: 5 * rows * C };
}

/**
 * What a step takes away from running averages: `w (running − batch)` of mean and variance, the latter
 * unbiased, `factor` times the biased one.
 */
export function runningStep(
  { C, weight, factor }: { C: number; weight: number; factor: number },
): Kernel {
  const workgroups = grid(C, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> mean: array<f32>;
@group(0) @binding(1) var<storage, read> variance: array<f32>;
@group(0) @binding(2) var<storage, read> running_mean: array<f32>;
@group(0) @binding(3) var<storage, read> running_variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean_step: array<f32>;
@group(0) @binding(5) var<storage, read_write> variance_step: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let c = ${flatIndex(workgroups, lanes)};
  if (c >= ${C}u) { return; }
  mean_step[c] = ${f32(weight)} * (running_mean[c] - mean[c]);
  variance_step[c] = ${f32(weight)} * (running_variance[c] - ${f32(factor)} * variance[c]);
}`;
  return { name: "running_step", code, workgroups, flops: 5 * C };
}
