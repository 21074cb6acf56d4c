// Training with activations stored as f16: near to f32, to the bit by itself, and loud where f16 ends.

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { shapes } from "../../lib/data/shapes.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { maxPool2d } from "../../lib/layers/pool.ts";
import { type Model, sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { placeOn } from "../../lib/train/replica.ts";
import { type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { Tower } from "../../lib/train/tower.ts";
import { TrainingError } from "../../lib/train/keeper.ts";
import { train, type TrainOptions } from "../../lib/train/trainer.ts";
import { f16Test, openDevice } from "../support/device.ts";

const convolution = { filters: 8, kernel: 5, stride: 2, activation: "relu" } as const;
const model = sequential([24, 24, 3], [
  conv2d({ name: "conv", ...convolution }),
  localResponseNormalization({ radius: 2, alpha: 0.1 }),
  maxPool2d({ window: 2 }),
  flatten(),
  dense({ name: "logits", units: 10, weightDecay: 0.01 }),
]);
const dataset = shapes({ train: 300, test: 50 });
const single: Recipe = {
  ...tutorialRecipe,
  batchSize: 16,
  minQueueExamples: 50,
  learningRate: 0.05,
};
const half: Recipe = { ...single, activations: "f16" };

async function run(
  { towers, ...options }: Partial<TrainOptions> & { maxSteps: number; towers?: number },
) {
  using device = await openDevice();
  const places = towers && Array.from({ length: towers }, () => placeOn(device));
  let last: Snapshot | undefined;
  const save = (snapshot: Snapshot) => {
    last = snapshot;
    return Promise.resolve("memory");
  };
  const events = await Array.fromAsync(
    train(places || device, { model, dataset, recipe: half, save, ...options }),
  );
  const losses = events.filter((event) => event.type === "step").at(-1)!.losses;
  return { losses, snapshot: last! };
}

await f16Test("training in f16 gives nearly the losses of f32", async () => {
  const maxSteps = 301;
  const [a, b] = [await run({ maxSteps, recipe: single }), await run({ maxSteps })];
  const [f32, f16] = [a.losses.averaged.total_loss, b.losses.averaged.total_loss];
  assertLess(f32, 1.5, "f32 learns");
  assertLess(Math.abs(f16 - f32), 0.03 * f32, `${f16} in f16, ${f32} in f32`);
});

await f16Test(
  "in f16, a run that is stopped and resumed gives the bytes of one that was not",
  async () => {
    const straight = await run({ maxSteps: 11 });
    const resumed = await run({ maxSteps: 11, resume: (await run({ maxSteps: 4 })).snapshot });
    assertEquals(resumed.snapshot.tower, straight.snapshot.tower);
  },
);

/** The gradients of the first step on pictures of noise. */
async function gradientsOf(
  device: Device,
  { model, activations }: { model: Model<"NHWC", "NC">; activations: "f32" | "f16" },
): Promise<Float32Array> {
  const batch = 100;
  using tower = await Tower.create(device, {
    model,
    batch,
    picture: { height: 32, width: 32, channels: 3 },
    distortion: tutorialRecipe.distortion,
    activations,
  });
  const parameters = model.parameters.initialize(Rng.from(3));
  const lossAverages = new Float32Array(tower.lossNames.length);
  tower.writeState({ parameters, averages: parameters, lossAverages });
  const rng = Rng.from(4);
  const images = Uint8Array.from({ length: batch * 3072 }, () => rng.below(256));
  const labels = Uint8Array.from({ length: batch }, () => rng.below(10));
  const numbers = { step: 0, firstExample: 0, learningRate: 0, averageWeight: 0 };
  tower.step({ images, labels }, { ...numbers, key: [1, 2] });
  return await tower.readGradients();
}

await f16Test(
  "gradients in f16 are those in f32, small as they are",
  async () => {
    using device = await openDevice();
    // Linear, as roundings may decide which of two cells is larger, or whether one is above 0. The last
    // layer's small weights make gradients of 1e-7: without the scale f16 could not hold them.
    const model = sequential([24, 24, 3], [
      conv2d({ name: "conv", ...convolution, activation: "none" }),
      flatten(),
      dense({ name: "logits", units: 10, deviation: 1e-5 }),
    ]);
    const [f32, f16] = [
      await gradientsOf(device, { model, activations: "f32" }),
      await gradientsOf(device, { model, activations: "f16" }),
    ];
    for (const { name } of model.parameters.entries) {
      const [expected, got] = [model.parameters.view(f32, name), model.parameters.view(f16, name)];
      const size = Math.hypot(...expected);
      const off = Math.hypot(...expected.map((value, i) => value - got[i])) / size;
      assert(size > 0);
      // The gradients of biases are sums that cancel in part.
      assertLess(off, 8 * 2 ** -11, name);
    }
  },
);

await f16Test(
  "a gradient beyond f16 ends the run at its own step, before it is saved",
  async () => {
    // The loss is that of logits near 0; the gradient of the hidden layer is 2⁸ · 1000 and more.
    const steep = sequential([24, 24, 3], [
      flatten(),
      dense({ name: "hidden", units: 4, deviation: 1e-6 }),
      dense({ name: "logits", units: 10, deviation: 1000 }),
    ]);
    await run({ model: steep, maxSteps: 1, recipe: single });
    for (const towers of [undefined, 2]) {
      await assertRejects(
        () => run({ model: steep, maxSteps: 1, towers }),
        TrainingError,
        "the loss or its gradient in f16 was not finite at step 0",
      );
    }
  },
);

await f16Test("a loss in f16 that is not finite ends the run", async () => {
  await assertRejects(
    () => run({ maxSteps: 20, recipe: { ...half, learningRate: 1e30 } }),
    TrainingError,
    "not finite at step",
  );
});
