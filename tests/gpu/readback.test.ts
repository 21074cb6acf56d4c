import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { DeviceError } from "../../lib/gpu/device.ts";
import { Readback } from "../../lib/gpu/readback.ts";
import { openDevice } from "../support/device.ts";

/** As if the next look at any buffer came before it is mapped. */
function refuseNextLook(): void {
  const buffers = GPUBuffer.prototype, { getMappedRange } = buffers;
  buffers.getMappedRange = () => {
    buffers.getMappedRange = getMappedRange;
    throw new DOMException("Buffer is not mapped", "OperationError");
  };
}

Deno.test("where the quick way is too early once, it is waited for", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 16);
  using reader = await Readback.create(device, 16);
  const span = { buffer: buffer.buffer, offset: 0, bytes: 16 };
  for (const early of [false, true, false]) {
    const values = crypto.getRandomValues(new Uint32Array(4));
    device.gpu.queue.writeBuffer(buffer.buffer, 0, values);
    if (early) refuseNextLook();
    assertEquals(new Uint32Array(await reader.read([span])), values);
  }
  device.check();
});

Deno.test("a device that was lost is what a read fails with", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 16);
  using reader = await Readback.create(device, 16);
  const span = { buffer: buffer.buffer, offset: 0, bytes: 16 };
  await reader.read([span]);
  device.gpu.destroy();
  await assertRejects(() => reader.read([span]), DeviceError, "was lost");
  await assertRejects(() => Readback.create(device, 16), DeviceError, "was lost");
});

Deno.test("a reader that is disposed while it reads says so", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 16);
  for (const turns of [0, 1, 2, 3, 4]) {
    const reader = await Readback.create(device, 16);
    const read = reader.read([{ buffer: buffer.buffer, offset: 0, bytes: 16 }]);
    read.catch(() => {});
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    reader[Symbol.dispose]();
    // By then it may have been done.
    await read.catch((error) => {
      assertInstanceOf(error, DeviceError);
      assertStringIncludes(error.message, "the reader was disposed");
    });
    device.check();
  }
});

Deno.test("reads that are asked for at once take their turns", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 16);
  device.gpu.queue.writeBuffer(buffer.buffer, 0, Uint32Array.of(1, 2, 3, 4));
  using reader = await Readback.create(device, 16);
  const span = (at: number) => [{ buffer: buffer.buffer, offset: at * 4, bytes: 4 }];
  const read = await Promise.all([0, 1, 2, 3].map((at) => reader.read(span(at))));
  assertEquals(read.map((data) => new Uint32Array(data)[0]), [1, 2, 3, 4]);
  device.check();
});

Deno.test("reading more than the reader holds is refused", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 64);
  const spans = [{ buffer: buffer.buffer, offset: 0, bytes: 64 }];
  using reader = await Readback.create(device, 32);
  await assertRejects(() => reader.read(spans), RangeError, "Cannot read 64 bytes back");
});

Deno.test("what was written last is read back, every time", async () => {
  using device = await openDevice();
  using buffer = device.buffer("b", 1 << 20);
  using reader = await Readback.create(device, 1 << 20);
  const values = new Uint32Array(1 << 18);
  for (let round = 0; round < 20; round++) {
    values.fill(round * 7919 + 1);
    device.gpu.queue.writeBuffer(buffer.buffer, 0, values);
    const read = await reader.read([{ buffer: buffer.buffer, offset: 0, bytes: 1 << 20 }]);
    assertEquals(new Uint32Array(read).every((word) => word === values[0]), true);
  }
});
