/**
 * The end of a product whose sums were cut into parts.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, stored, wgsl } from "./kernel.ts";
import type { Finish } from "./matmul.wgsl.ts";

const lanes = 16;

/** `y[m, n] = Σ_part partials[part, m, n] + b[n]`, ReLU after. */
export function finishParts(
  { M, N }: { M: number; N: number },
  { name, parts, bias, relu }: Finish & { name: string; parts: number },
): Kernel {
  const V = N % 4 === 0 ? 4 : 1;
  const type = V === 4 ? "vec4f" : "f32";
  const count = M * N / V;
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> partials: array<${type}>;
@group(0) @binding(1) var<storage, read_write> y: array<${stored(type)}>;
${bias ? `@group(0) @binding(2) var<storage, read> b: array<${type}>;` : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${count}u) { return; }
  var sum = ${bias ? `b[i % ${N / V}u]` : `${type}(0f)`};
  for (var part = 0u; part < ${parts}u; part++) { sum += partials[part * ${count}u + i]; }
  y[i] = ${stored(type)}(${relu ? `max(sum, ${type}(0f))` : "sum"});
}`;
  return { name, code, workgroups, flops: parts * M * N };
}
