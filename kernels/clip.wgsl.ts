/**
 * Clipping gradients by their norm.
 *
 * @module
 */
import { type AdapterKind, f32, type Kernel, wgsl } from "./kernel.ts";
import { sumInParts } from "./sum_in_parts.wgsl.ts";

/** Partial sums of `x²` over the first `size` elements, always in the same order. */
export function squares(size: number, kind: AdapterKind): Kernel {
  return sumInParts("squares", size, {
    declarations: `@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;`,
    statement: "sum += x[i] * x[i];",
    flops: size * 2,
    kind,
  });
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
