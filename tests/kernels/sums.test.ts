import { biasGradient, biasParts } from "../../kernels/bias_gradient.wgsl.ts";
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import type { AdapterKind } from "../../kernels/kernel.ts";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

const kinds: readonly AdapterKind[] = ["software", "gpu"];
const rng = Rng.from(3);
const random = (size: number) => Float32Array.from({ length: size }, () => rng.float() - 0.5);

function sumsOf(x: Float32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  x.forEach((value, i) => sums[i % columns] += value);
  return sums;
}

// On both sides of what makes invocations share a column, and of a workgroup.
for (const [rows, columns] of [[1, 1], [63, 65], [64, 64], [65, 3], [2049, 66], [257, 1025]]) {
  for (const kind of kinds) {
    Deno.test(`sums of ${columns} columns of ${rows} rows (${kind})`, async () => {
      using device = await openDevice();
      const x = random(rows * columns);
      const kernel = columnSums({ rows, columns, kind });
      const { total } = await runKernel(device, kernel, { x, total: new Float32Array(columns) });
      assertClose(total, sumsOf(x, columns), {
        name: "sums",
        terms: rows,
        scale: 1,
        strictness: 4,
      });
    });
  }
}

for (const [rows, C] of [[1, 3], [65, 4], [300, 20], [4099, 8]]) {
  for (const kind of kinds) {
    Deno.test(`the gradient of ${C} biases and a ReLU over ${rows} rows (${kind})`, async () => {
      using device = await openDevice();
      const [dy, y] = [random(rows * C), random(rows * C)];
      const partials = new Float32Array(biasParts(rows, kind) * C);
      const kernel = biasGradient({ rows, C }, { relu: true, kind });
      const out = await runKernel(device, kernel, {
        dy,
        y,
        partials,
        dz: new Float32Array(rows * C),
      });
      const slopes = dy.map((value, i) => y[i] > 0 ? value : 0);
      assertClose(out.dz, slopes, { name: "dz" });
      const [sums, expected] = [sumsOf(out.partials as Float32Array, C), sumsOf(slopes, C)];
      assertClose(sums, expected, { name: "db", terms: rows, scale: 1 });
    });
  }
}
