import { assert, assertEquals, assertRejects } from "@std/assert";
import { reluForward } from "../../kernels/elementwise.wgsl.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import { matmul, type MatmulVariant } from "../../kernels/matmul.wgsl.ts";
import { fitsStationary, matmulStationary } from "../../kernels/matmul_stationary.wgsl.ts";
import { fitsTiles, matmulTiles } from "../../kernels/matmul_tiles.wgsl.ts";
import { DeviceError } from "../../lib/gpu/device.ts";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "../support/assert_close.ts";
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

/** `a · b` of each batch in 64 bits; `a` is stored as `M×K` or `K×M`, `b` as `K×N` or `N×K`. */
function product(
  { M, N, K, batches, transposeA, transposeB }: Sizes,
  { a, b }: { a: Float32Array; b: Float32Array },
): Float64Array {
  const c = new Float64Array(batches * M * N);
  for (let batch = 0; batch < batches; batch++) {
    for (let m = 0; m < M; m++) {
      for (let k = 0; k < K; k++) {
        const left = a[batch * M * K + (transposeA ? k * M + m : m * K + k)];
        const to = (batch * M + m) * N, from = batch * K * N;
        for (let n = 0; n < N; n++) {
          c[to + n] += left * b[from + (transposeB ? n * K + k : k * N + n)];
        }
      }
    }
  }
  return c;
}

interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly batches: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Requires a kernel with operands `a`, `b` and `c` to give the product of random matrices. */
async function checkProduct(kernel: Kernel, sizes: Sizes): Promise<void> {
  using device = await openDevice();
  const { M, N, K, batches } = sizes;
  const rng = Rng.from(17);
  const random = (size: number) => Float32Array.from({ length: size }, () => rng.float() - 0.5);
  const [a, b] = [random(batches * M * K), random(batches * K * N)];
  const { c } = await runKernel(device, kernel, { a, b, c: new Float32Array(batches * M * N) });
  assertClose(c, product(sizes, { a, b }), { name: "c", terms: K });
}

// Sizes on both sides of those at which tiles get larger, with rows and columns beyond the last tile.
const tiled: readonly Sizes[] = [
  { M: 37, N: 68, K: 20, batches: 3 },
  { M: 100, N: 100, K: 3400, batches: 1 },
  { M: 100, N: 36, K: 1000, batches: 10, transposeA: true },
  { M: 72, N: 100, K: 5000, batches: 1, transposeA: true },
  { M: 101, N: 100, K: 3400, batches: 1, transposeB: true },
];
for (const sizes of tiled) {
  const { M, N, K, batches, transposeA, transposeB } = sizes;
  const turned = transposeA ? ", a turned" : transposeB ? ", b turned" : "";
  Deno.test(`tiles in registers: ${batches} of ${M}×${N} of ${K} terms${turned}`, () => {
    assert(fitsTiles(sizes));
    return checkProduct(
      matmulTiles({ name: "product", operands: ["a", "b", "c"], ...sizes }),
      sizes,
    );
  });
}

for (const [M, N, K] of [[600, 64, 64], [291, 36, 12], [5, 100, 8]]) {
  const sizes = { M, N, K, batches: 2 };
  Deno.test(`a matrix kept in registers: 2 of ${M}×${N} of ${K} terms`, () => {
    assert(fitsStationary(sizes));
    const options = { name: "product", operands: ["a", "b", "c"], ...sizes } as const;
    return checkProduct(matmulStationary(options), sizes);
  });
}

for (const variant of ["workgroup", "subgroup"] as const) {
  for (const [M, N, K] of [[770, 707, 37], [33, 129, 65]]) {
    Deno.test(`any operands (${variant}): ${M}×${N} of ${K} terms`, () => {
      const kernel = matmul({
        name: "product",
        M,
        N,
        K,
        operands: ["a", "b", "c"],
        a: `return a[m * ${K}u + k];`,
        b: `return b[k * ${N}u + n];`,
      }, variant);
      return checkProduct(kernel, { M, N, K, batches: 1 });
    });
  }
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
