/**
 * Histograms over the buckets that TensorBoard's tools fix: limits `±10⁻¹²·1.1ᵏ` up to 10²⁰, and zero.
 *
 * @module
 */
import { type AdapterKind, f32, flatIndex, grid, type Kernel, repeat, wgsl } from "./kernel.ts";

const lanes = 64;
/** Elements that a workgroup takes at least. */
const leastRun = 4096;

/** Invocations of a workgroup, and the workgroups there are at most: a card is busy with many only. */
function shapeOf(kind: AdapterKind): { lanes: number; mostGroups: number } {
  return kind === "gpu" ? { lanes: 256, mostGroups: 1024 } : { lanes, mostGroups: 256 };
}

/**
 * The positive finite limits in float64, as TensorFlow's `histogram.cc` makes them; the negative ones
 * mirror them.
 */
export const positiveLimits: readonly number[] = Array.from(function* () {
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) yield limit;
}());

/** Buckets: below each of `−max, −limits…, 0, limits…, max`. */
export const bucketCount: number = 2 * positiveLimits.length + 3;

/** Words of a tensor's counts: a number for each bucket, of zeros, and of values that are not finite. */
export const countWords: number = bucketCount + 2;

/** Where the number of zeros is among the counts; behind it that of values that are not finite. */
export const zerosAt: number = bucketCount;

/** Workgroups of {@linkcode histogram}, and elements of its `partials`, four numbers each. */
export function histogramGroups(size: number, kind: AdapterKind): number {
  return Math.min(shapeOf(kind).mostGroups, Math.max(1, Math.ceil(size / leastRun)));
}

/** Writes the limits as the smallest `f32` that reach them, so that comparing is exact. */
export function histogramLimits(): Kernel {
  const code = wgsl`
@group(0) @binding(0) var<storage, read_write> limits: array<f32>;
@compute @workgroup_size(1)
fn main() {
  ${
    repeat(positiveLimits.length, (k) =>
      `limits[${k}] = ${f32(roundUp(positiveLimits[k]))};`, "\n  ")
  }
}`;
  return { name: "histogram_limits", code, workgroups: [1, 1, 1], flops: 0 };
}

/** Sets counts to zero. */
export function clearCounts(words: number): Kernel {
  const workgroups = grid(words, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i < ${words}u) { counts[i] = 0u; }
}`;
  return { name: "clear_counts", code, workgroups, flops: 0 };
}

/**
 * Adds the numbers of a tensor to `counts`, and writes `(min, max, Σ x, Σ x²)` of each workgroup's
 * share to `partials`. Values that are not finite are counted and otherwise left out.
 *
 * Counting is in whole numbers, so its order does not matter; sums are in a fixed order.
 *
 * @param real whether `x` holds activations
 */
export function histogram(
  size: number,
  { real, kind }: { real: boolean; kind: AdapterKind },
): Kernel {
  const { lanes } = shapeOf(kind);
  const groups = histogramGroups(size, kind);
  const run = Math.ceil(size / groups);
  const [first, ratio] = [Math.log2(positiveLimits[0]), Math.log2(1.1)];
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${real ? "real" : "f32"}>;
@group(0) @binding(1) var<storage, read> limits: array<f32>;
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> partials: array<vec4f>;
var<workgroup> shares: array<atomic<u32>, ${countWords}>;
var<workgroup> parts: array<vec4f, ${lanes}>;

${bothStats}
/// How many limits a number above zero has reached: a guess by its logarithm, and then exactly.
fn reached(a: f32) -> u32 {
  let guess = (log2(a) - ${f32(first)}) * ${f32(1 / ratio)};
  var k = u32(clamp(guess, 0f, ${f32(positiveLimits.length - 1)}));
  while (k > 0u && limits[k - 1u] > a) { k--; }
  while (k < ${positiveLimits.length}u && limits[k] <= a) { k++; }
  return k;
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < ${countWords}u; i += ${lanes}u) { atomicStore(&shares[i], 0u); }
  workgroupBarrier();
  let end = min((group.x + 1u) * ${run}u, ${size}u);
  var part = vec4f(0x1.fffffep+127f, -0x1.fffffep+127f, 0f, 0f);
  var zeros = 0u;
  for (var i = group.x * ${run}u + lane; i < end; i += ${lanes}u) {
    let value = f32(x[i]);
    if ((bitcast<u32>(value) & 0x7f800000u) == 0x7f800000u) {
      atomicAdd(&shares[${zerosAt + 1}], 1u);
      continue;
    }
    part = vec4f(
      min(part.x, value), max(part.y, value), part.z + value, part.w + value * value,
    );
    // Half of what a ReLU gives: counted here, the others need not wait for one counter.
    if (value == 0f) { zeros++; continue; }
    let k = reached(abs(value));
    atomicAdd(&shares[select(${positiveLimits.length + 2}u + k, ${
    positiveLimits.length + 1
  }u - k, value < 0f)], 1u);
  }
  atomicAdd(&shares[${zerosAt}], zeros);
  atomicAdd(&shares[${positiveLimits.length + 2}], zeros);
  parts[lane] = part;
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] = both(parts[lane], parts[lane + half]); }
  }
  if (lane == 0u) { partials[group.x] = parts[0]; }
  workgroupBarrier();
  for (var i = lane; i < ${countWords}u; i += ${lanes}u) {
    let count = atomicLoad(&shares[i]);
    if (count > 0u) { atomicAdd(&counts[i], count); }
  }
}`;
  return { name: "histogram", code, workgroups: [groups, 1, 1], flops: size * 4 };
}

/** `stats = (min, max, Σ x, Σ x²)` of the workgroups' shares, always in the same order. */
export function histogramStats(groups: number): Kernel {
  const code = wgsl`
@group(0) @binding(0) var<storage, read> partials: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> stats: array<vec4f>;
var<workgroup> parts: array<vec4f, ${lanes}>;
${bothStats}
@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_index) lane: u32) {
  var all = partials[min(lane, ${groups - 1}u)];
  for (var g = lane + ${lanes}u; g < ${groups}u; g += ${lanes}u) { all = both(all, partials[g]); }
  parts[lane] = all;
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half && lane + half < ${groups}u) {
      parts[lane] = both(parts[lane], parts[lane + half]);
    }
  }
  if (lane == 0u) { stats[0] = parts[0]; }
}`;
  return { name: "histogram_stats", code, workgroups: [1, 1, 1], flops: groups * 4 };
}

/** WGSL of a function that gives the stats of two shares together. */
const bothStats = `fn both(a: vec4f, b: vec4f) -> vec4f {
  return vec4f(min(a.x, b.x), max(a.y, b.y), a.zw + b.zw);
}`;

/** The smallest float32 that is not below a positive number. */
function roundUp(value: number): number {
  const near = Math.fround(value);
  if (near >= value) return near;
  const word = new Uint32Array(Float32Array.of(near).buffer);
  word[0]++;
  return new Float32Array(word.buffer)[0];
}
