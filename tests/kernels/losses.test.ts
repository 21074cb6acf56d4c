import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { AdapterKind } from "../../kernels/kernel.ts";
import { lossAverages, sum, termStride, weightDecay } from "../../kernels/losses.wgsl.ts";
import { packStep } from "../../kernels/step.wgsl.ts";
import { sumParts } from "../../kernels/sum_in_parts.wgsl.ts";
import { unscale } from "../../kernels/unscale.wgsl.ts";
import { biasCorrected } from "../../lib/optim/averages.ts";
import { Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

const normals = (seed: number, size: number) => {
  const rng = Rng.from(seed);
  return Float32Array.from({ length: size }, () => rng.normal());
};
const step = (numbers: { step?: number; learningRate?: number; averageWeight?: number }) =>
  packStep({
    key: [0, 0],
    step: 0,
    firstExample: 0,
    learningRate: 0,
    averageWeight: 0,
    ...numbers,
  });

const termsOf = (...losses: number[]) => {
  const terms = new Float32Array(losses.length * termStride).fill(NaN);
  losses.forEach((loss, t) => terms[t * termStride] = loss);
  return terms;
};

const kinds = ["software", "gpu"] as const;
const decays = [1, 5, 64, 4096, 4097, 73_728].flatMap((size) => kinds.map((kind) => [size, kind]));
for (const [size, kind] of decays as [number, AdapterKind][]) {
  Deno.test(`weight decay of ${size} elements adds λw and sums ½λw² (${kind})`, async () => {
    using device = await openDevice();
    const [w, dw] = [normals(1, size), normals(2, size)];
    const partials = new Float32Array(sumParts(size, kind));
    const out = await runKernel(device, weightDecay(size, 0.004, kind), { w, dw, partials });
    const total = await runKernel(device, sum(partials.length, 1), {
      x: out.partials as Float32Array<ArrayBuffer>,
      total: new Float32Array(1),
    });
    const expected = w.reduce((s, value) => s + 0.002 * value * value, 0);
    assertAlmostEquals(total.total[0], expected, 1e-5 * expected + 1e-9);
    out.dw.forEach((value, i) => assertAlmostEquals(value, dw[i] + 0.004 * w[i], 1e-6));
  });
}

Deno.test("the sum of any number of elements is right and the same every time", async () => {
  using device = await openDevice();
  for (const size of [1, 63, 64, 65, 1000]) {
    const x = normals(size, size);
    const run = async () =>
      (await runKernel(device, sum(size, 0.5), { x, total: new Float32Array(1) })).total[0];
    const first = await run();
    assertAlmostEquals(first, 0.5 * x.reduce((a, b) => a + b, 0), 1e-4);
    assertEquals(await run(), first);
  }
});

Deno.test("losses are totalled and averaged, and averages corrected for their start", async () => {
  using device = await openDevice();
  let averages = new Float32Array(3);
  const history: number[] = [];
  let moment = 0;
  for (let i = 0; i < 5; i++) {
    const [a, b] = [3 - i, 0.5 * i];
    const out = await runKernel(device, lossAverages(2, 0.9), {
      step: step({ step: i }),
      losses: new Float32Array(3),
      averages,
      first_bad: new Uint32Array(1),
      terms: termsOf(a, b),
    });
    assertEquals([...out.losses], [a, b, a + b]);
    assertEquals(out.first_bad[0], 0);
    averages = out.averages as typeof averages;
    history.push(a);
    moment = 0.9 * moment + 0.1 * a;
    const corrected = biasCorrected(averages[0], { decay: 0.9, count: i + 1 });
    assertAlmostEquals(corrected, moment / (1 - 0.9 ** (i + 1)), 1e-5);
  }
  assertEquals(history.length, 5);
});

for (const bad of [NaN, Infinity, -Infinity]) {
  Deno.test(`the first step with a loss of ${bad} is kept`, async () => {
    using device = await openDevice();
    const run = (at: number, loss: number, first: number) =>
      runKernel(device, lossAverages(1, 0.9), {
        step: step({ step: at }),
        losses: new Float32Array(2),
        averages: new Float32Array(2),
        first_bad: new Uint32Array([first]),
        terms: termsOf(loss),
      });
    assertEquals((await run(6, 1, 0)).first_bad[0], 0);
    assertEquals((await run(7, bad, 0)).first_bad[0], 8);
    assertEquals((await run(9, bad, 8)).first_bad[0], 8);
  });
}

Deno.test("unscaling divides exactly, and keeps the first step with a gradient that is not finite", async () => {
  using device = await openDevice();
  const values = normals(5, 130);
  const run = (gradients: Float32Array<ArrayBuffer>, first_bad: number, at: number) =>
    runKernel(device, unscale(gradients.length, { scale: 1024 }), {
      step: step({ step: at }),
      gradients,
      first_bad: new Uint32Array([first_bad]),
    });
  const fine = await run(values, 0, 6);
  assertEquals([...fine.gradients.subarray(0, 130)], [...values.map((value) => value / 1024)]);
  assertEquals(fine.first_bad[0], 0);
  for (const bad of [NaN, Infinity, -Infinity]) {
    const gradients = Float32Array.from(values);
    gradients[129] = bad;
    assertEquals((await run(gradients, 0, 6)).first_bad[0], 7);
    assertEquals((await run(gradients, 3, 6)).first_bad[0], 3);
  }
});
