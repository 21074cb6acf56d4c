/**
 * The update of all parameters and their moving averages, in one pass over the arena.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";
import { stepStruct } from "./step.wgsl.ts";

const lanes = 64;

/** `p ← p − η g` and `avg ← avg − (1 − d)(avg − p)`, with η and 1 − d from the step's numbers. */
export function gradientDescent(size: number): Kernel {
  const count = Math.ceil(size / 4);
  const workgroups = grid(count, lanes);
  const code = wgsl`
${stepStruct}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> averages: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${count}u) { return; }
  let p = parameters[i] - step.learning_rate * gradients[i];
  parameters[i] = p;
  averages[i] -= step.average_weight * (averages[i] - p);
}`;
  return { name: "gradient_descent", code, workgroups, flops: size * 5 };
}
