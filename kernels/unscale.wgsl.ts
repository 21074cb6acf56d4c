/**
 * Taking the scale of the loss off the gradients.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";
import { stepStruct } from "./step.wgsl.ts";

const lanes = 64;

/**
 * `g ← g / scale`, exact for a power of two, for the first `scaled` elements, a multiple of 4; those after
 * them never had the scale. `first_bad` keeps one more than the first step in which a gradient was not
 * finite, or 0.
 */
export function unscale(
  size: number,
  { scale, scaled = size }: { scale: number; scaled?: number },
): Kernel {
  const count = Math.ceil(size / 4);
  const workgroups = grid(count, lanes);
  const code = wgsl`
${stepStruct}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first_bad: array<u32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${count}u) { return; }
  let g = gradients[i] * select(1f, ${f32(1 / scale)}, i < ${Math.ceil(scaled / 4)}u);
  gradients[i] = g;
  let infinite = vec4u(0x7f800000u);
  // Whoever writes here in this step writes the same number.
  if (any((bitcast<vec4u>(g) & infinite) == infinite) && first_bad[0] == 0u) {
    first_bad[0] = step.index + 1u;
  }
}`;
  return { name: "unscale", code, workgroups, flops: size };
}
