// Running averages in whole runs: moved by every step whatever the optimizer, and alike wherever parameters live.

import { assert, assertEquals } from "@std/assert";
import { shapes } from "../../lib/data/shapes.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { globalAveragePool2d } from "../../lib/layers/pool.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { adam } from "../../lib/optim/optimizers.ts";
import { placeOn, type TowerPlace } from "../../lib/train/replica.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { train } from "../../lib/train/trainer.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { tinyRecipe } from "../support/tiny.ts";

const dataset = shapes({ train: 100 });
const model = sequential([24, 24, 3], [
  conv2d({ name: "conv", filters: 4, kernel: 5, stride: 4 }),
  batchNorm("NHWC", { name: "norm", momentum: 0.5 }),
  globalAveragePool2d({ name: "mean" }),
  dense({ name: "logits", units: 10 }),
]);
const table = model.parameters;

async function run(
  where: Device | readonly TowerPlace[],
  { maxSteps, learningRate = 0.01, batchSize = 8, resume }: {
    maxSteps: number;
    learningRate?: number;
    batchSize?: number;
    resume?: Snapshot;
  },
): Promise<Snapshot> {
  let last: Snapshot | undefined;
  const save = (snapshot: Snapshot) => {
    last = snapshot;
    return Promise.resolve("memory");
  };
  const recipe = { ...tinyRecipe, batchSize, learningRate, optimizer: adam(), clipNorm: 1e-3 };
  await Array.fromAsync(train(where, { model, dataset, recipe, maxSteps, resume, save }));
  return last!;
}

const running = ({ tower }: Snapshot) =>
  ["norm/running_mean", "norm/running_variance"].flatMap((name) => [
    ...table.view(tower.parameters, name),
  ]);

Deno.test("running averages move at any learning rate and clip, the same on the adapter and in host memory", async () => {
  using device = await openDevice();
  const still = await run(device, { maxSteps: 3, learningRate: 1e-12 });
  const [mean, variance] = [running(still).slice(0, 4), running(still).slice(4)];
  assert(mean.every((value) => value !== 0) && variance.every((value) => value !== 1));
  const hosted = await run([placeOn(device)], { maxSteps: 3, learningRate: 1e-12 });
  assertClose(running(hosted), running(still), { name: "running averages", terms: 100 });
});

Deno.test("towers move them by the mean of what each saw", async () => {
  using device = await openDevice();
  const place = placeOn(device);
  const one = await run([place], { maxSteps: 1, learningRate: 1e-12, batchSize: 16 });
  const two = await run([place, place], { maxSteps: 1, learningRate: 1e-12, batchSize: 8 });
  // Means of halves average to that of the whole; variances lack what the halves' means differ by.
  const [whole, halves] = [running(one), running(two)];
  assertClose(halves.slice(0, 4), whole.slice(0, 4), { name: "means", terms: 100, least: 1 });
  halves.slice(4).forEach((value, c) => {
    const share = (value - 0.5) / (whole[4 + c] - 0.5);
    assert(share > 0.6 && share < 1.1, `${share}`);
  });
});

Deno.test("a run with them resumes to the bit", async () => {
  using device = await openDevice();
  for (const where of [device, [placeOn(device), placeOn(device)]]) {
    const straight = await run(where, { maxSteps: 6 });
    const resume = await run(where, { maxSteps: 4 });
    assertEquals((await run(where, { maxSteps: 6, resume })).tower, straight.tower);
  }
});
