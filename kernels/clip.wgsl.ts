/**
 * Clipping gradients by their norm.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

const lanes = 64;
/** Elements that one invocation takes. */
const run = 64;

/** Elements of the `partials` of {@linkcode squares}. */
export function squarePartials(size: number): number {
  const [x, y] = grid(Math.ceil(size / run), lanes);
  return x * y * lanes;
}

/** Partial sums of `x²` over the first `size` elements, always in the same order. */
export function squares(size: number): Kernel {
  const workgroups = grid(Math.ceil(size / run), lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let flat = ${flatIndex(workgroups, lanes)};
  let start = flat / ${lanes}u * ${lanes * run}u + lane;
  var sum = 0f;
  for (var k = 0u; k < ${run}u; k++) {
    let i = start + k * ${lanes}u;
    if (i < ${size}u) { sum += x[i] * x[i]; }
  }
  partials[flat] = sum;
}`;
  return { name: "squares", code, workgroups, flops: size * 2 };
}

/** `clip = min(1, limit / (√(Σ x²) + 10⁻⁶))` from the sum of the squares. */
export function clipFactor(limit: number): Kernel {
  const code = wgsl`
@group(0) @binding(0) var<storage, read> sum: array<f32>;
@group(0) @binding(1) var<storage, read_write> clip: array<f32>;
@compute @workgroup_size(1)
fn main() { clip[0] = min(1f, ${f32(limit)} / (sqrt(sum[0]) + ${f32(clipEpsilon)})); }`;
  return { name: "clip_factor", code, workgroups: [1, 1, 1], flops: 4 };
}

/** What keeps the division safe. */
export const clipEpsilon = 1e-6;
