import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import type { Dataset } from "../../lib/data/dataset.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { maxPool2d } from "../../lib/layers/pool.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import { loadCheckpoint, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";
import { fromCheckpoint, type Snapshot, toCheckpoint } from "../../lib/train/snapshot.ts";
import type { TrainEvent } from "../../lib/train/train_event.ts";
import { train, TrainingError, type TrainOptions } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";

/** Small, with every kind of thing that has state or draws at random. */
const model = sequential([24, 24, 3], [
  conv2d({ name: "conv", filters: 8, kernel: 5, stride: 2, activation: "relu" }),
  maxPool2d({ window: 2 }),
  flatten(),
  dropout("NC", { rate: 0.3 }),
  dense({ name: "logits", units: 10, weightDecay: 0.01 }),
]);
const dataset: Dataset = shapes({ train: 300, test: 50 });
const recipe: Recipe = {
  ...tutorialRecipe,
  batchSize: 8,
  minQueueExamples: 50,
  learningRate: 0.05,
};

interface Run {
  readonly events: TrainEvent[];
  readonly snapshots: Snapshot[];
}

async function run(options: Partial<TrainOptions> & { maxSteps: number }): Promise<Run> {
  using device = await openDevice();
  const snapshots: Snapshot[] = [];
  const save = (snapshot: Snapshot) => {
    snapshots.push(snapshot);
    return Promise.resolve(`snapshot ${snapshot.step}`);
  };
  const events = await Array.fromAsync(
    train(device, { model, dataset, recipe, logFrequency: 5, save, ...options }),
  );
  assertEquals(device.liveBuffers, 0);
  return { events, snapshots };
}

/** Everything in a snapshot that a run's future depends on. */
function bytesOf({ step, tower, queue }: Snapshot): unknown {
  const { parameters, averages, lossAverages } = tower;
  return {
    step,
    arrays: [parameters, averages, lossAverages, queue.indices].map((array) => [...array]),
    queue: [queue.read, ...queue.rng],
  };
}

Deno.test("the same seed gives the same bytes, another seed gives others", async () => {
  const [a, b, c] = [
    await run({ maxSteps: 12 }),
    await run({ maxSteps: 12 }),
    await run({ maxSteps: 12, recipe: { ...recipe, seed: 2 } }),
  ];
  assertEquals(bytesOf(a.snapshots[0]), bytesOf(b.snapshots[0]));
  assertNotEquals(bytesOf(a.snapshots[0]), bytesOf(c.snapshots[0]));
});

Deno.test("a run that is stopped and resumed from a file gives the bytes of one that was not", async () => {
  const straight = await run({ maxSteps: 23 });
  const stopped = await run({ maxSteps: 9 });
  const dir = await Deno.makeTempDir();
  try {
    const checkpoint = toCheckpoint(stopped.snapshots[0], {
      table: model.parameters,
      metadata: {},
    });
    const path = await saveCheckpoint(dir, checkpoint);
    const resume = fromCheckpoint(await loadCheckpoint(path), { table: model.parameters, path });
    const resumed = await run({ maxSteps: 23, resume });
    assertEquals(bytesOf(resumed.snapshots[0]), bytesOf(straight.snapshots[0]));
    const lastLoss = ({ events }: Run) => events.findLast((event) => event.type === "step");
    assertEquals(lastLoss(resumed)!.losses, lastLoss(straight)!.losses);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("steps are reported at the stated frequency, with every part of the loss", async () => {
  const { events } = await run({ maxSteps: 12 });
  const steps = events.filter((event) => event.type === "step");
  assertEquals(steps.map(({ step }) => step), [0, 5, 10]);
  for (const { losses: { raw, averaged } } of steps) {
    assertEquals(Object.keys(raw), ["cross_entropy", "logits/weight_loss", "total_loss"]);
    assertLess(Math.abs(raw.cross_entropy + raw["logits/weight_loss"] - raw.total_loss), 1e-5);
    assertEquals(Object.keys(averaged), Object.keys(raw));
  }
  assertLess(Math.abs(steps[0].losses.averaged.total_loss - steps[0].losses.raw.total_loss), 1e-5);
});

Deno.test("an aborted run saves where it is and ends", async () => {
  const controller = new AbortController();
  using device = await openDevice();
  let saved: Snapshot | undefined;
  const save = (snapshot: Snapshot) => {
    saved = snapshot;
    return Promise.resolve("memory");
  };
  const { signal } = controller;
  for await (
    const event of train(device, { model, dataset, recipe, maxSteps: 10_000, save, signal })
  ) {
    if (event.type === "step" && event.step >= 20) controller.abort();
  }
  assert(saved && saved.step > 20 && saved.step < 10_000);
});

Deno.test("a loss that is not finite ends the run with its step and the last good checkpoint", async () => {
  const good = (await run({ maxSteps: 3 })).snapshots[0];
  const resume = { ...good, path: "runs/x/model.ckpt-3.safetensors" };
  const wild = { ...recipe, learningRate: 1e30 };
  const error = await assertRejects(
    () => run({ maxSteps: 40, recipe: wild, resume }),
    TrainingError,
    "the last good checkpoint is runs/x/model.ckpt-3.safetensors",
  );
  assert(/not finite at step [45]\b/.test(error.message), error.message);
  await assertRejects(
    () => run({ maxSteps: 40, recipe: wild }),
    TrainingError,
    "no checkpoint was made",
  );
});

Deno.test("parameters that are not finite are not saved, though ReLU hides them from the loss", async () => {
  const good = (await run({ maxSteps: 3 })).snapshots[0];
  const parameters = good.tower.parameters.slice();
  model.parameters.view(parameters, "conv/biases").fill(NaN);
  for (
    const tower of [
      { ...good.tower, parameters },
      { ...good.tower, averages: parameters },
    ]
  ) {
    const resume = { ...good, tower, path: "runs/x/model.ckpt-3.safetensors" };
    await assertRejects(
      () => run({ maxSteps: 5, resume }),
      TrainingError,
      "Cannot go on: conv/biases was not finite after 5 steps; " +
        "the last good checkpoint is runs/x/model.ckpt-3.safetensors",
    );
  }
});

Deno.test("a checkpoint with parameters that are not finite is refused, naming one", async () => {
  const good = (await run({ maxSteps: 1 })).snapshots[0];
  const table = model.parameters;
  const parameters = good.tower.parameters.slice();
  table.view(parameters, "conv/weights")[7] = Infinity;
  const checkpoint = toCheckpoint({ ...good, tower: { ...good.tower, parameters } }, {
    table,
    metadata: {},
  });
  assertThrows(
    () => fromCheckpoint(checkpoint, { table, path: "x" }),
    RangeError,
    "Cannot use the checkpoint of step 1: needs finite numbers, got others in conv/weights; ",
  );
});

Deno.test("a model that ends in softmax is not trained: the loss would take it twice", async () => {
  const probable = sequential([24, 24, 3], [flatten(), dense({ units: 10 }), softmax()]);
  await assertRejects(
    () => run({ maxSteps: 1, model: probable }),
    TrainingError,
    "Cannot train a model that ends in softmax: the loss needs logits",
  );
});

Deno.test("checkpoints are made on the timer, and a step is never saved twice", async () => {
  const { snapshots } = await run({ maxSteps: 6, logFrequency: 1, saveSeconds: 0 });
  assertEquals(snapshots.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
});

Deno.test("a run on another adapter's variants says that they are not there", async () => {
  const { snapshots } = await run({ maxSteps: 2 });
  const resume = { ...snapshots[0], variants: [{ "conv conv2d_forward": "tensor_core" }] };
  await assertRejects(
    () => run({ maxSteps: 4, resume }),
    RangeError,
    'needs its variant "tensor_core"',
  );
});

Deno.test("data that end early end the run with the file's name", async () => {
  const [part] = dataset.parts.train;
  const cut: Dataset = {
    ...dataset,
    parts: { ...dataset.parts, train: [{ ...part, name: join("data", "cut.bin"), records: 301 }] },
  };
  await assertRejects(() => run({ maxSteps: 100, dataset: cut }), Error, "cut.bin");
});
