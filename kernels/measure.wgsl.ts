/**
 * Kernels that measure an adapter.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, repeat, wgsl } from "./kernel.ts";

const lanes = 64;

/** `copied = source`. */
export function copy(size: number): Kernel {
  const count = Math.ceil(size / 4);
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i < ${count}u) { copied[i] = source[i]; }
}`;
  return { name: "copy", code, workgroups, flops: 0 };
}

/** Sixteen independent chains of multiply-adds an invocation. */
export function multiplyAdds({ invocations }: { invocations: number }): Kernel {
  const [chains, rounds, unrolled] = [16, 64, 8];
  const workgroups = grid(invocations, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read_write> copied: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  let a = 0.5f + f32(i & 1u);
  ${repeat(chains, (c) => `var x_${c} = f32(i) + ${c}f;`, "\n  ")}
  for (var round = 0u; round < ${rounds}u; round++) {
    ${
    repeat(unrolled * chains, (k) => `x_${k % chains} = fma(x_${k % chains}, a, 0.25f);`, "\n    ")
  }
  }
  copied[i] = ${repeat(chains, (c) => `x_${c}`, " + ")};
}`;
  const flops = invocations * chains * rounds * unrolled * 2;
  return { name: "multiply_adds", code, workgroups, flops };
}
