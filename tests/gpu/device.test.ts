import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DeviceError } from "../../lib/gpu/device.ts";
import { openDevice } from "../support/device.ts";

const kernel = (name: string, code: string) => ({
  name,
  code,
  workgroups: [1, 1, 1] as const,
  flops: 0,
});

Deno.test("a kernel that does not compile is named with the line of the mistake", async () => {
  using device = await openDevice();
  const error = await assertRejects(
    () =>
      device.pipeline(
        kernel("broken", "@compute @workgroup_size(1)\nfn main() {\n  let x: f32 = 1u;\n}"),
      ),
    DeviceError,
    "Cannot compile kernel broken",
  );
  assertStringIncludes(error.message, "3:7");
});

Deno.test("a kernel with too much workgroup memory is refused, as the driver does not do it", async () => {
  using device = await openDevice();
  const elements = device.gpu.limits.maxComputeWorkgroupStorageSize / 4 + 1;
  await assertRejects(
    () =>
      device.pipeline(
        kernel(
          "greedy",
          `var<workgroup> parts: array<f32, ${elements}>;
@compute @workgroup_size(1) fn main() { parts[0] = 1f; }`,
        ),
      ),
    DeviceError,
    `greedy: needs ${elements * 4} bytes of workgroup memory`,
  );
});

Deno.test("one kernel text is compiled once", async () => {
  using device = await openDevice();
  const one = kernel("one", "@compute @workgroup_size(1) fn main() {}");
  assertEquals(device.pipeline(one), device.pipeline({ ...one, name: "the same" }));
  await device.pipeline(one);
});

Deno.test("a buffer over the adapter's limit is refused with both sizes", async () => {
  using device = await openDevice();
  const { maxBufferSize, maxStorageBufferBindingSize } = device.gpu.limits;
  const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  assertThrows(() => device.buffer("huge", limit + 16), DeviceError, "Cannot allocate huge");
});

Deno.test("an error that nobody waited for turns up at the next check", async () => {
  using device = await openDevice();
  device.check();
  device.gpu.createBuffer({ size: 16, usage: 0 });
  device.gpu.createBindGroupLayout({
    entries: [{ binding: 0, visibility: 4, buffer: {} }, { binding: 0, visibility: 4, buffer: {} }],
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertThrows(() => device.check(), DeviceError, "reported an error");
});

Deno.test("what says that a device was lost advises nothing that only the command line has", async () => {
  using device = await openDevice();
  device.gpu.destroy();
  await new Promise((resolve) => setTimeout(resolve, 10));
  const error = assertThrows(() => device.check(), DeviceError, "was lost (destroyed)");
  assertEquals(error.message.includes("--"), false);
});

Deno.test("buffers made and destroyed are counted", async () => {
  using device = await openDevice();
  {
    using buffer = device.buffer("a", 100);
    assertEquals([buffer.size, device.liveBuffers], [112, 1]);
  }
  assertEquals(device.liveBuffers, 0);
});
