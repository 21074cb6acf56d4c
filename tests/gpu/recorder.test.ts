import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import { add, reluForward } from "../../kernels/elementwise.wgsl.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { splitConstants } from "../../lib/gpu/constants.ts";
import { DeviceError } from "../../lib/gpu/device.ts";
import { allocate } from "../../lib/gpu/liveness.ts";
import { profile } from "../../lib/gpu/profile.ts";
import type { Dispatch } from "../../lib/gpu/program.ts";
import { readOnce } from "../../lib/gpu/readback.ts";
import { type Recorded, Recorder } from "../../lib/gpu/recorder.ts";
import { bytesOf, type Tensor } from "../../lib/gpu/tensor.ts";
import { f16Test, openDevice } from "../support/device.ts";

const scratch = (name: string, size: number): Tensor => ({ name, shape: [size] });
const use = (...tensors: Tensor[]): Recorded => ({ layer: "", kernel: reluForward(4), tensors });

Deno.test("tensors that live at different times share a slot, tensors of one dispatch never do", () => {
  const [a, b, c, d] = [scratch("a", 64), scratch("b", 64), scratch("c", 64), scratch("d", 64)];
  const { slotOf, slots } = allocate([use(a, b), use(b, c), use(c, d)]);
  assertEquals(slots.length, 2);
  assertEquals(slotOf.get(a), slotOf.get(c));
  assertEquals(slotOf.get(b), slotOf.get(d));
});

Deno.test("a tensor used again later keeps its slot until then", () => {
  const [a, b, c] = [scratch("a", 64), scratch("b", 64), scratch("c", 64)];
  const { slotOf } = allocate([use(a, b), use(b, c), use(a, c)]);
  assertEquals(new Set([a, b, c].map((tensor) => slotOf.get(tensor))).size, 3);
});

Deno.test("the best free slot is taken, and the largest grows when none fits", () => {
  const [big, small, out, next, huge] = [
    scratch("big", 1024),
    scratch("small", 64),
    scratch("out", 64),
    scratch("next", 60),
    scratch("huge", 4096),
  ];
  const { slotOf, slots } = allocate([use(big, small, out), use(out, next), use(next, huge)]);
  assertEquals(slotOf.get(next), slotOf.get(small));
  assertEquals(slotOf.get(huge), slotOf.get(big));
  assertEquals(slots[slotOf.get(huge)!], 4096 * 4);
});

Deno.test("a program computes what was recorded and frees what it owns", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const x = record.keep([8], "x");
  const hidden = record.tensor([8]);
  const y = record.output(record.reshape(hidden, [2, 4]), "y");
  record.dispatch(reluForward(8), { x, y: hidden });
  {
    using program = await record.compile(device);
    program.write(x, new Float32Array([-1, 2, -3, 4, -5, 6, -7, 8]));
    program.run();
    const data = await readOnce(device, [program.span(y)]);
    assertEquals([...new Float32Array(data)], [0, 2, 0, 4, 0, 6, 0, 8]);
  }
  assertEquals(device.liveBuffers, 0);
});

Deno.test("what depends on constants alone runs again only after one was written", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const w = record.keep([4], "w", { constant: true }), x = record.keep([4], "x");
  const [once, twice, other, sums] = ["once", "twice", "other", "sums"].map((name) =>
    record.tensor([4], name)
  );
  record.dispatch(reluForward(4), { x: w, y: once });
  record.dispatch(reluForward(4), { x, y: other });
  record.dispatch(add(4), { a: once, b: once, y: twice });
  record.dispatch(add(4), { a: twice, b: other, y: sums });
  const y = record.output(sums, "y");
  using program = await record.compile(device);
  const names = (dispatches: readonly Dispatch[]) => dispatches.map(({ kernel }) => kernel.name);
  assertEquals(names(program.preparations), ["relu_forward", "add"]);
  assertEquals(names(program.dispatches), ["relu_forward", "add"]);
  const run = async () => {
    program.run();
    return [...new Float32Array(await readOnce(device, [program.span(y)]))];
  };
  program.write(w, Float32Array.of(1, -2, 3, 4));
  program.write(x, Float32Array.of(10, 20, -30, 40));
  assertEquals(await run(), [12, 20, 6, 48]);
  program.write(x, Float32Array.of(0, 0, 5, 0));
  assertEquals(await run(), [2, 0, 11, 8]);
  program.write(w, Float32Array.of(-1, 1, 1, 1));
  assertEquals(await run(), [0, 2, 7, 2]);
});

Deno.test("what several dispatches write, or is kept, is never taken for a constant", () => {
  const dispatch = (kernel: Kernel, ...tensors: Tensor[]): Recorded => ({
    layer: "",
    kernel,
    tensors,
  });
  const memory = { name: "w", bytes: 16, constant: true };
  const w: Tensor = { name: "w", shape: [4], place: { memory, offset: 0 } };
  const kept: Tensor = {
    name: "k",
    shape: [4],
    place: { memory: { name: "k", bytes: 16 }, offset: 0 },
  };
  const [a, b] = [scratch("a", 4), scratch("b", 4)];
  const recorded = [
    dispatch(reluForward(4), w, a),
    dispatch(reluForward(4), kept, a),
    dispatch(reluForward(4), w, kept),
    dispatch(reluForward(4), w, b),
  ];
  const { once, each, lasting } = splitConstants(recorded);
  assertEquals(once, [recorded[3]]);
  assertEquals(each, recorded.slice(0, 3));
  assertEquals(lasting.size, 0);
});

Deno.test("a dispatch with the wrong tensors says which the kernel needs", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const x = record.tensor([8]);
  assertThrows(
    () => record.dispatch(reluForward(8), { x, z: x }),
    TypeError,
    "relu_forward: needs tensors x, y, got x, z",
  );
});

await f16Test("activations in f16 take half the memory", async () => {
  using device = await openDevice();
  const bytes = async (activations: "f32" | "f16") => {
    const record = new Recorder(device, { activations });
    const [x, y] = [record.activation([3, 64]), record.activation([3, 64])];
    record.dispatch(reluForward(192), { x, y });
    using program = await record.compile(device);
    return program.bytes;
  };
  assertEquals([await bytes("f32"), await bytes("f16")], [2 * 768, 2 * 384]);
  assertEquals(bytesOf({ name: "odd", shape: [9], type: "f16" }), 32);
});

await f16Test(
  "a tensor that is stored as something else than the kernel takes is refused",
  async () => {
    using device = await openDevice();
    const record = new Recorder(device, { activations: "f16" });
    const [x, y] = [record.activation([8], "x"), record.tensor([8], "y")];
    assertThrows(
      () => record.dispatch(reluForward(8), { x, y }),
      TypeError,
      "Cannot dispatch relu_forward: needs y stored as f16, got f32 in y (8)",
    );
    record.dispatch(columnSums({ rows: 2, columns: 4, kind: "software" }), {
      x: y,
      total: record.tensor([4]),
    });
  },
);

Deno.test("a tensor that is asked for twice is read the same by both names", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const x = record.keep([4], "x"), hidden = record.tensor([4]);
  record.dispatch(reluForward(4), { x, y: hidden });
  const [a, b] = [record.output(hidden, "a"), record.output(record.reshape(hidden, [2, 2]), "b")];
  using program = await record.compile(device);
  program.write(x, Float32Array.of(1, -2, 3, -4));
  program.run();
  const data = await readOnce(device, [program.span(a), program.span(b)]);
  assertEquals([...new Float32Array(data)], [1, 0, 3, 0, 1, 0, 3, 0]);
});

Deno.test("any number of bytes can be written, but none beyond the tensor", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const x = record.keep([4], "x");
  record.dispatch(reluForward(4), { x, y: record.tensor([4]) });
  using program = await record.compile(device);
  program.write(x, new Uint8Array(16).fill(9));
  program.write(x, Uint8Array.of(1, 2, 3, 4, 5));
  const data = await readOnce(device, [program.span(x)]);
  assertEquals([...new Uint8Array(data)], [1, 2, 3, 4, 5, 0, 0, 0, ...new Array(8).fill(9)]);
  assertThrows(
    () => program.write(x, new Uint8Array(17)),
    RangeError,
    "Cannot write x: needs at most 16 bytes, got 17",
  );
  device.check();
});

Deno.test("more dispatches are timed than fit one set of timestamps", async () => {
  using device = await openDevice();
  const record = new Recorder(device);
  const tensors = { x: record.keep([4], "x"), y: record.keep([4], "y") };
  for (let i = 0; i < 2100; i++) record.dispatch(reluForward(4), tensors);
  using program = await record.compile(device);
  assertEquals((await profile(program, { runs: 1 })).length, 2100);
  device.check();
});

Deno.test("a kernel with more storage buffers than the adapter has is refused by name", async () => {
  using device = await openDevice();
  const most = device.gpu.limits.maxStorageBuffersPerShaderStage;
  const declared = Array.from(
    { length: most + 1 },
    (_, i) => `@group(0) @binding(${i}) var<storage, read> x_${i}: array<f32>;`,
  );
  const code = `${declared.join("\n")}\n@compute @workgroup_size(1) fn main() {}`;
  await assertRejects(
    () => device.pipeline({ name: "greedy", code, workgroups: [1, 1, 1], flops: 0 }),
    DeviceError,
    `Cannot compile kernel greedy: needs ${most + 1} storage buffers`,
  );
});
