import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bucketCount } from "../../kernels/histogram.wgsl.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { placeOn, type TowerPlace } from "../../lib/train/replica.ts";
import type { Device } from "../../lib/gpu/device.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { TowerProcess } from "../../lib/train/tower_process.ts";
import type { TrainEvent } from "../../lib/train/train_event.ts";
import { train } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";

const dataset = shapes({ train: 100, test: 10 });

async function run(where: Device | readonly TowerPlace[], summarySteps?: number) {
  const snapshots: Snapshot[] = [];
  const save = (snapshot: Snapshot) => {
    snapshots.push(snapshot);
    return Promise.resolve("memory");
  };
  const options = {
    model: tinyModel,
    recipe: tinyRecipe,
    dataset,
    maxSteps: 6,
    saveSteps: 3,
    save,
  };
  const events = await Array.fromAsync(train(where, { ...options, summarySteps }));
  const isSummary = (event: TrainEvent) => event.type === "summary";
  const timings = events.flatMap((event) => event.type === "profiled" ? event.timings : []);
  return { snapshots, summaries: events.filter(isSummary), timings };
}

Deno.test("summaries count every tensor, and leave the run's bytes as they are", async () => {
  using device = await openDevice();
  const plain = await run(device);
  const { snapshots, summaries } = await run(device, 3);
  assertEquals(snapshots.at(-1), plain.snapshots.at(-1));
  assertEquals(summaries.map(({ step }) => step), [0, 3, 5]);
  const [, { summary, labels }] = summaries;
  assertEquals(summary.tensors.map(({ name }) => name), [
    "conv/activations",
    "logits/activations",
    ...tinyModel.parameters.entries.flatMap(({ name }) => [name, `${name}/gradients`]),
  ]);
  for (const { name, size, counts, zeros, nonFinite } of summary.tensors) {
    assertEquals(counts.length, bucketCount);
    assertEquals(counts.reduce((a, b) => a + b), size, name);
    assertEquals(nonFinite, 0);
    assert(zeros <= size);
  }
  const [conv] = summary.tensors;
  assertEquals(conv.size, 4 * 5 * 5 * 4);
  assert(conv.zeros > 0 && conv.min === 0 && conv.max > 0, "what a ReLU gives");

  // The parameters of step 3 are those that the checkpoint after three steps has.
  const { parameters } = snapshots[0].tower;
  const weights = [...tinyModel.parameters.view(parameters, "conv/weights")];
  const counted = summary.tensors.find(({ name }) => name === "conv/weights")!;
  assertEquals([counted.min, counted.max], [Math.min(...weights), Math.max(...weights)]);
  assertAlmostEquals(counted.sum, weights.reduce((a, b) => a + b), 1e-5);
  assertAlmostEquals(counted.sumSquares, weights.reduce((a, b) => a + b * b, 0), 1e-5);

  const { values, shape } = summary.pictures;
  assertEquals([shape, labels.length], [[3, 24, 24, 3], 3]);
  for (let n = 0; n < 3; n++) {
    const picture = values.subarray(n * 1728, (n + 1) * 1728);
    assertAlmostEquals(picture.reduce((a, b) => a + b) / 1728, 0, 1e-4);
  }
});

Deno.test("the first tower's summary is the same in this process and in another", async () => {
  using device = await openDevice();
  using other = await TowerProcess.start({ label: "x", adapter: "high-performance", env: {} });
  const here = placeOn(device);
  const seen = async (places: TowerPlace[]) => {
    const { summaries, timings } = await run(places, 2);
    assert(timings.length > 10 && timings.every(({ milliseconds }) => milliseconds >= 0));
    return summaries.map((summary) => ({ ...summary, examplesPerSecond: 0 }));
  };
  const summaries = await seen([here, here]);
  assertEquals(summaries.map(({ step }) => step), [0, 2, 4, 5]);
  assertEquals(summaries[1].summary.filters?.shape, [5, 5, 3, 4]);
  assertEquals(await seen([other, here]), summaries);
});
