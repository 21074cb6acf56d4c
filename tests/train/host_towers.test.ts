import { assert, assertEquals, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import type { Dataset } from "../../lib/data/dataset.ts";
import { shapes } from "../../lib/data/shapes.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { maxPool2d } from "../../lib/layers/pool.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import type { Variants } from "../../lib/gpu/recorder.ts";
import { HostTowers } from "../../lib/train/host_towers.ts";
import type { TowerGroup } from "../../lib/train/tower_group.ts";
import { type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";
import { placeTowers } from "../../lib/train/placement.ts";
import { placeOn, type TowerPlace } from "../../lib/train/replica.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { Tower } from "../../lib/train/tower.ts";
import type { Towers } from "../../lib/train/towers.ts";
import type { TrainEvent } from "../../lib/train/train_event.ts";
import { TrainingError } from "../../lib/train/keeper.ts";
import { train, type TrainOptions } from "../../lib/train/trainer.ts";
import { DeviceError } from "../../lib/gpu/device.ts";
import { Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";

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
const { height, width, channels } = dataset.format;
const options = { model, picture: { height, width, channels }, distortion: recipe.distortion };
const places = (device: Device, count: number) => Array<TowerPlace>(count).fill(placeOn(device));

Deno.test("no towers at all are refused", async () => {
  await assertRejects(
    () => Array.fromAsync(train([], { model, dataset, recipe, maxSteps: 1 })),
    RangeError,
    "Cannot train: needs a device, or the place of at least one tower, got no place",
  );
  for (const towers of [0, -1, NaN, 1.5]) {
    await assertRejects(
      () => placeTowers({ towers }),
      RangeError,
      `Cannot place towers: needs towers to be a whole number of at least 1, got ${towers}`,
    );
  }
});

/** One step from the same parameters on the same 24 examples. */
async function stepOn(
  towers: Towers,
  parameters = model.parameters.initialize(Rng.from(5)),
): Promise<Float32Array> {
  const lossAverages = new Float32Array(towers.lossNames.length);
  towers.writeState({ parameters, averages: parameters, lossAverages });
  const [part] = dataset.parts.train;
  const records = await new Response(
    await part.open() as ReadableStream<Uint8Array<ArrayBuffer>>,
  ).bytes();
  const size = 1 + height * width * channels;
  const images = new Uint8Array(24 * (size - 1)), labels = new Uint8Array(24);
  for (let n = 0; n < 24; n++) {
    labels[n] = records[n * size];
    images.set(records.subarray(n * size + 1, (n + 1) * size), n * (size - 1));
  }
  const numbers = { key: [1, 2] as const, step: 3, learningRate: 1, averageWeight: 0.5 };
  await towers.step({ images, labels }, numbers);
  const state = await towers.readState();
  // With a rate of 1 the gradient is what the parameters lost.
  return state.parameters.map((p, i) => parameters[i] - p);
}

Deno.test("N towers of batch B give the gradient, losses and averages of one of N·B", async () => {
  using device = await openDevice();
  using one = await Tower.create(device, { ...options, batch: 24 });
  using hosted = await HostTowers.create(places(device, 1), { ...options, batch: 24 });
  using three = await HostTowers.create(places(device, 3), { ...options, batch: 8 });
  const expected = await stepOn(one);
  const scale = Math.max(...expected.map(Math.abs));
  assert(scale > 0.01);
  for (const towers of [hosted, three]) {
    const gradient = await stepOn(towers);
    const worst = Math.max(...gradient.map((g, i) => Math.abs(g - expected[i])));
    assertLess(worst, 2e-6 * scale + 1e-7, `${worst} of ${scale}`);
    const [got, wanted] = [await towers.losses(1), await one.losses(1)];
    for (const [name, loss] of Object.entries(wanted.raw)) {
      assertLess(Math.abs(got.raw[name] - loss), 1e-5);
      assertLess(Math.abs(got.averaged[name] - loss), 1e-5);
    }
    const [a, b] = [await towers.readState(), await one.readState()];
    assertLess(Math.max(...a.averages.map((x, i) => Math.abs(x - b.averages[i]))), 1e-5);
  }
});

Deno.test("a state that is written makes towers forget a bad step", async () => {
  using device = await openDevice();
  using one = await Tower.create(device, { ...options, batch: 24 });
  using three = await HostTowers.create(places(device, 3), { ...options, batch: 8 });
  for (const towers of [one, three]) {
    await stepOn(towers, new Float32Array(model.parameters.length).fill(NaN));
    assertEquals((await towers.losses(1)).firstBadStep, 3);
    await stepOn(towers);
    assertEquals((await towers.losses(1)).firstBadStep, undefined);
  }
});

/** Processes that add up, all of them here. */
function groupOf(size: number): TowerGroup[] {
  let waiting: { values: Float32Array; resolve: () => void }[] = [];
  const sum = (rank: number) => (values: Float32Array) =>
    new Promise<void>((resolve) => {
      waiting[rank] = { values, resolve };
      if (Object.keys(waiting).length < size) return;
      const all = waiting;
      waiting = [];
      const sums = values.map((_, i) => all.reduce((sum, { values }) => sum + values[i], 0));
      for (const { values, resolve } of all) {
        values.set(sums);
        resolve();
      }
    });
  return Array.from({ length: size }, (_, rank) => ({ rank, size, sum: sum(rank) }));
}

Deno.test("every process knows the variants of all, and goes on with its own", async () => {
  using device = await openDevice();
  const place = placeOn(device);
  const plain = { ...place, target: { ...place.target, subgroups: false } };
  const variantsOf = async (ranks: TowerPlace[][], variants?: readonly Variants[]) => {
    const groups = groupOf(ranks.length);
    const all = await Promise.all(ranks.map(async (places, rank) => {
      const group = groups[rank];
      using towers = await HostTowers.create(places, { ...options, batch: 4, variants, group });
      return towers.variants;
    }));
    for (const same of all) assertEquals(same, all[0]);
    return all[0];
  };
  const mixed = await variantsOf([[place, place], [plain, plain]]);
  assertEquals(mixed.length, 4);
  assertEquals([mixed[0], mixed[2]], [mixed[1], mixed[3]]);
  // A graphics card may run the same without subgroups.
  if (device.subgroups && device.kind === "software") assertNotEquals(mixed[0], mixed[2]);
  assertEquals(await variantsOf([[place, place], [place, place]], mixed), mixed);
});

interface Run {
  readonly events: TrainEvent[];
  readonly snapshots: Snapshot[];
}

async function run(
  towers: number,
  more: Partial<TrainOptions> & { maxSteps: number },
): Promise<Run> {
  using device = await openDevice();
  const snapshots: Snapshot[] = [];
  const save = (snapshot: Snapshot) => {
    snapshots.push(snapshot);
    return Promise.resolve(`snapshot ${snapshot.step}`);
  };
  const events = await Array.fromAsync(
    train(places(device, towers), { model, dataset, recipe, logFrequency: 5, save, ...more }),
  );
  assertEquals(device.liveBuffers, 0);
  return { events, snapshots };
}

function bytesOf({ step, tower, queue }: Snapshot): unknown {
  const { parameters, averages, lossAverages } = tower;
  return {
    step,
    arrays: [parameters, averages, lossAverages, queue.indices].map((array) => [...array]),
    queue: [queue.read, ...queue.rng],
  };
}

Deno.test("towers give the same bytes in every run, and after a stop in the middle", async () => {
  const [straight] = (await run(2, { maxSteps: 15 })).snapshots;
  assertEquals(bytesOf((await run(2, { maxSteps: 15 })).snapshots[0]), bytesOf(straight));
  const [resume] = (await run(2, { maxSteps: 6 })).snapshots;
  assertEquals(bytesOf((await run(2, { maxSteps: 15, resume })).snapshots[0]), bytesOf(straight));
});

Deno.test("two towers of 8 see the examples that one of 16 sees, and learn the same", async () => {
  const [two] = (await run(2, { maxSteps: 10 })).snapshots;
  const [one] = (await run(1, { maxSteps: 10, recipe: { ...recipe, batchSize: 16 } })).snapshots;
  assertEquals(two.queue, one.queue);
  const worst = Math.max(
    ...two.tower.parameters.map((p, i) => Math.abs(p - one.tower.parameters[i])),
  );
  assertLess(worst, 1e-5);
});

Deno.test("examples a second count all towers, seconds a batch those of one", async () => {
  const { events } = await run(3, { maxSteps: 6 });
  const steps = events.filter((event) => event.type === "step");
  for (const { examplesPerSecond, secondsPerBatch } of steps) {
    assertLess(Math.abs(examplesPerSecond * secondsPerBatch - 8), 1e-9);
  }
});

Deno.test("a run goes on with more or fewer towers, with a new queue where a step takes other examples", async () => {
  const [two] = (await run(2, { maxSteps: 6 })).snapshots;
  const half = { ...recipe, batchSize: 16 };
  const [same] = (await run(1, { maxSteps: 8, resume: two, recipe: half })).snapshots;
  assertEquals([same.queueStart, same.batchSize], [0, 16]);
  const [three] = (await run(3, { maxSteps: 8, resume: two })).snapshots;
  assertEquals([three.queueStart, three.batchSize], [6, 24]);
  const straight = (await run(3, { maxSteps: 12, resume: two })).snapshots[0];
  const stopped = (await run(3, { maxSteps: 12, resume: three })).snapshots[0];
  assertEquals(bytesOf(stopped), bytesOf(straight));
});

Deno.test("checkpoints are made every so many steps where that is asked for", async () => {
  const { snapshots } = await run(2, { maxSteps: 7, saveSteps: 3 });
  assertEquals(snapshots.map(({ step }) => step), [3, 6, 7]);
});

Deno.test("a tower that fails ends the run with its error, the step and the last checkpoint", async () => {
  using device = await openDevice();
  const place = placeOn(device);
  let steps = 0;
  const failing: TowerPlace = {
    ...place,
    async createReplica(recording) {
      const replica = await place.createReplica(recording);
      const start: typeof replica.start = (input) => {
        if (++steps === 4) throw new DeviceError('Tower 1 on "card" was lost');
        replica.start(input);
      };
      return {
        start,
        finish: () => replica.finish(),
        release: () => replica.release(),
        summary: () => replica.summary(),
        profile: () => replica.profile(),
        [Symbol.dispose]: () => replica[Symbol.dispose](),
      };
    },
  };
  const save = ({ step }: Snapshot) => Promise.resolve(`snapshot ${step}`);
  const events = train([place, failing], {
    model,
    dataset,
    recipe,
    maxSteps: 9,
    saveSteps: 2,
    save,
  });
  await assertRejects(
    () => Array.fromAsync(events),
    TrainingError,
    'Tower 1 on "card" was lost; that was at step 3, the last good checkpoint is snapshot 2',
  );
  assertEquals(device.liveBuffers, 0);
});
