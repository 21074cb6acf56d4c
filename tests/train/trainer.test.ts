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
import { crossEntropy, type RecordLoss } from "../../lib/losses/cross_entropy.ts";
import { loadCheckpoint, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";
import { fromCheckpoint, type Snapshot, toCheckpoint } from "../../lib/train/snapshot.ts";
import type { TrainEvent } from "../../lib/train/train_event.ts";
import { ShapeError } from "../../lib/shape.ts";
import { TrainingError } from "../../lib/train/keeper.ts";
import { train, type TrainOptions } from "../../lib/train/trainer.ts";
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

Deno.test("without save the last event has what was learned", async () => {
  using device = await openDevice();
  const short = { batchSize: 8, minQueueExamples: 50, learningRate: 0.05 };
  const events = await Array.fromAsync(
    train(device, { model, dataset, recipe: short, maxSteps: 12 }),
  );
  const last = events.at(-1)!;
  assert(last.type === "saved" && last.path === undefined);
  const { snapshots } = await run({ maxSteps: 12 });
  assertEquals(bytesOf(last.snapshot), bytesOf(snapshots[0]));
  assertEquals(last.snapshot.examples, 12 * 8);
});

Deno.test("where nothing is left to do the last event has what there is, and nothing is stored", async () => {
  const begun = await run({ maxSteps: 0 });
  const first = begun.events.at(-1)!;
  assert(first.type === "saved" && first.step === 0 && first.path === undefined);
  const { snapshots: [resume] } = await run({ maxSteps: 3 });
  for (const maxSteps of [3, 2]) {
    const { events, snapshots } = await run({ maxSteps, resume });
    assertEquals([events.map(({ type }) => type), snapshots], [["saved"], []]);
    const last = events[0];
    assert(last.type === "saved");
    assertEquals(bytesOf(last.snapshot), bytesOf(resume));
  }
  const { snapshots: [next] } = await run({ maxSteps: 6, resume: first.snapshot });
  const { snapshots: [straight] } = await run({ maxSteps: 6 });
  assertEquals(bytesOf(next), bytesOf(straight));
});

Deno.test("pictures of data that must not be mirrored are not, unless the recipe says so", async () => {
  const { distortion, ...others } = recipe;
  const digits = { ...dataset, flip: false };
  const of = async (options: Partial<TrainOptions>) =>
    bytesOf((await run({ maxSteps: 3, ...options })).snapshots[0]);
  const still = await of({ recipe: { ...recipe, distortion: { ...distortion, flip: false } } });
  const mirrored = await of({ recipe });
  assertNotEquals(still, mirrored);
  assertEquals(await of({ recipe: others, dataset: digits }), still);
  assertEquals(await of({ recipe: others }), mirrored);
  assertEquals(await of({ recipe, dataset: digits }), mirrored);
});

Deno.test("a learning rate and a loss of one's own take the place of the recipe's", async () => {
  const rates: number[] = [];
  const schedule = (step: number) => {
    rates.push(step);
    return 0.05;
  };
  const constant = await run({
    maxSteps: 6,
    recipe: { ...recipe, schedule: { kind: "constant" } },
  });
  const own = await run({ maxSteps: 6, schedule });
  assertEquals(rates, [0, 1, 2, 3, 4, 5]);
  assertEquals(bytesOf(own.snapshots[0]), bytesOf(constant.snapshots[0]));

  const labelSmoothing = 0.2;
  const smoothed = await run({ maxSteps: 6, recipe: { ...recipe, labelSmoothing } });
  const loss: RecordLoss = (logits, options) =>
    crossEntropy(logits, { ...options, smoothing: labelSmoothing });
  const ownLoss = await run({ maxSteps: 6, loss });
  assertEquals(bytesOf(ownLoss.snapshots[0]), bytesOf(smoothed.snapshots[0]));
  const [step] = ownLoss.events.filter((event) => event.type === "step");
  assertEquals(Object.keys(step.losses.raw), ["loss", "logits/weight_loss", "total_loss"]);
});

Deno.test("a loss that puts its mean elsewhere, or has a gradient of another shape, is refused", async () => {
  const elsewhere: RecordLoss = (logits, { loss: _, ...options }) => crossEntropy(logits, options);
  const narrow: RecordLoss = (logits, options) => ({
    ...crossEntropy(logits, options),
    dx: options.record.activation([1, 10], "dx"),
  });
  const cases = [
    [elsewhere, TypeError, "needs the mean in the tensor that it is given as options.loss"],
    [narrow, ShapeError, "needs dx in the shape of the logits, 8×10, got 1×10"],
  ] as const;
  for (const [loss, kind, message] of cases) {
    await assertRejects(() => run({ maxSteps: 1, loss }), kind, message);
  }
});

Deno.test("stairs go by epochs, whatever a step took before", async () => {
  // 300 examples, 2 epochs a stair: 600 examples, that is 75 steps of 8, or 37 of 16.
  const stairs = { ...recipe, epochsPerDecay: 2 };
  const { snapshots: [half] } = await run({ maxSteps: 40, recipe: stairs });
  const rates = async (batchSize: number) => {
    const options = { recipe: { ...stairs, batchSize }, resume: half, logFrequency: 1 };
    const { events } = await run({ maxSteps: 80, ...options });
    const steps = events.filter((event) => event.type === "step");
    return steps.filter(({ learningRate }) => learningRate > 0.01).at(-1)!.step;
  };
  assertEquals(await rates(8), 74);
  // 320 examples are 20 steps of 16: 17 more until the stair.
  assertEquals(await rates(16), 40 + 16);
});

for (
  const [options, message] of [
    [{ maxSteps: NaN }, "needs maxSteps to be a whole number of at least 0, got NaN"],
    [{ logFrequency: 0 }, "needs logFrequency to be a whole number of at least 1, got 0"],
    [{ summarySteps: 1.5 }, "needs summarySteps to be a whole number of at least 1, got 1.5"],
    [{ saveSeconds: -1 }, "needs saveSeconds to be a number of at least 0, got -1"],
    [{ recipe: { batchSize: 2.5 } }, "needs batchSize to be a whole number of at least 1, got 2.5"],
    [{ recipe: { clipNorm: 0 } }, "needs clipNorm to be a number above 0, got 0"],
    [
      { recipe: { labelSmoothing: 2 } },
      "needs labelSmoothing to be a number from 0 to less than 1",
    ],
    [{ recipe: { schedule: { kind: "linear" } } }, "needs its schedule to be one of constant, "],
    [{ recipe: { optimizer: { kind: "sgd" } } }, "needs its optimizer to be one of gradient-"],
    [{ parameters: new Float32Array(3) }, "needs an arena of "],
    [{ model: sequential([24, 24, 1], [flatten(), dense({ units: 10 })]) }, "with 1 channels"],
    [{ model: sequential([48, 24, 3], [flatten(), dense({ units: 10 })]) }, "at least 48×24"],
    [{ model: sequential([24, 24, 3], [flatten(), dense({ units: 7 })]) }, "data of 7 classes"],
    [{ dataset: shapes({ train: 0 }) }, "needs examples to learn from, got none"],
  ] as const
) {
  Deno.test(`training refuses what it is given, naming it: ${message}`, async () => {
    using device = await openDevice();
    const given = { model, dataset, recipe, maxSteps: 3, ...options } as TrainOptions;
    await assertRejects(() => Array.fromAsync(train(device, given)), Error, message);
    device.check();
  });
}

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

Deno.test("a snapshot of a model of another size is refused", async () => {
  const { snapshots: [good] } = await run({ maxSteps: 1 });
  const { parameters } = good.tower, short = parameters.subarray(64);
  const message = "Cannot go on from the snapshot with this model: needs an arena of " +
    `${parameters.length} parameters, got ${short.length}`;
  for (const part of [{ parameters: short }, { averages: short }]) {
    const resume = { ...good, tower: { ...good.tower, ...part } };
    await assertRejects(() => run({ maxSteps: 2, resume }), ShapeError, message);
  }
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
