import { assertEquals } from "@std/assert";
import type { Kernel } from "../../kernels/kernel.ts";
import { philox as philoxWgsl } from "../../kernels/philox.wgsl.ts";
import { philox } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

const kernel: Kernel = {
  name: "philox",
  workgroups: [1, 1, 1],
  flops: 0,
  code: `${philoxWgsl}
@group(0) @binding(0) var<storage, read> inputs: array<u32>;
@group(0) @binding(1) var<storage, read_write> outputs: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  let at = lane * 6u;
  let counter = vec4u(inputs[at], inputs[at + 1u], inputs[at + 2u], inputs[at + 3u]);
  let words = philox(counter, vec2u(inputs[at + 4u], inputs[at + 5u]));
  for (var i = 0u; i < 4u; i++) { outputs[lane * 4u + i] = words[i]; }
}`,
};

Deno.test("the shader's Philox gives the words of the host's, whose vectors are published", async () => {
  using device = await openDevice();
  const inputs = new Uint32Array(64 * 6).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
  inputs.fill(0, 0, 6);
  inputs.fill(0xffffffff, 6, 12);
  const { outputs } = await runKernel(device, kernel, { inputs, outputs: new Uint32Array(256) });
  const expected = new Uint32Array(256);
  for (let i = 0; i < 64; i++) {
    const at = i * 6;
    philox(inputs.subarray(at, at + 4), inputs.subarray(at + 4, at + 6), expected.subarray(i * 4));
  }
  assertEquals([...outputs], [...expected]);
});
