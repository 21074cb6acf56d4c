import { assert, assertEquals, assertRejects } from "@std/assert";
import { reluForward } from "../../kernels/elementwise.wgsl.ts";
import { matmul, type MatmulVariant } from "../../kernels/matmul.wgsl.ts";
import { DeviceError } from "../../lib/gpu/device.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

// More blocks of rows than one axis of the grid has places.
const tall: Record<MatmulVariant, number> = { workgroup: 65_535 * 64 + 65, subgroup: 65_537 * 16 };

for (const [variant, M] of Object.entries(tall) as [MatmulVariant, number][]) {
  Deno.test(`a product of ${M} rows goes on along another axis of the grid (${variant})`, async () => {
    using device = await openDevice();
    if (variant === "subgroup" && !device.subgroups) return;
    const kernel = matmul({
      name: "product",
      M,
      N: 3,
      K: 1,
      operands: ["x", "w", "y"],
      a: "return x[m];",
      b: "return w[n];",
    }, variant);
    assert(kernel.workgroups.every((count) => count <= 65_535), kernel.workgroups.join());
    const x = Float32Array.from({ length: M }, (_, m) => m % 8191);
    const w = Float32Array.of(1, -2, 3);
    const { y } = await runKernel(device, kernel, { x, w, y: new Float32Array(3 * M) });
    const wrong = y.findIndex((value, i) => value !== x[Math.floor(i / 3)] * w[i % 3]);
    assertEquals(wrong, -1);
  });
}

Deno.test("a grid that the adapter does not have is refused by the kernel's name", async () => {
  using device = await openDevice();
  const kernel = { ...reluForward(4), workgroups: [65_536, 1, 1] as const };
  const buffers = { x: new Float32Array(4), y: new Float32Array(4) };
  await assertRejects(
    () => runKernel(device, kernel, buffers),
    DeviceError,
    `Cannot run kernel relu_forward of : needs 65536×1×1 workgroups`,
  );
});
