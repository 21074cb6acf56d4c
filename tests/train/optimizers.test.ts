// Optimizers in whole runs: the same bytes with a stop in the middle as without, wherever parameters live.

import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { shapes } from "../../lib/data/shapes.ts";
import type { Device } from "../../lib/gpu/device.ts";
import {
  adam,
  adamW,
  gradientDescent,
  momentum,
  type Optimizer,
  rmsProp,
  slotsOf,
} from "../../lib/optim/optimizers.ts";
import { TrainingError } from "../../lib/train/keeper.ts";
import { placeOn, type TowerPlace } from "../../lib/train/replica.ts";
import { fromCheckpoint, type Snapshot, toCheckpoint } from "../../lib/train/snapshot.ts";
import { train } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";
import { tinyModel as model, tinyRecipe } from "../support/tiny.ts";

const dataset = shapes({ train: 100 });
const table = model.parameters;

interface Part {
  readonly maxSteps: number;
  readonly resume?: Snapshot;
}

async function run(
  where: Device | readonly TowerPlace[],
  optimizer: Optimizer,
  { maxSteps, resume }: Part,
): Promise<Snapshot> {
  let last: Snapshot | undefined;
  const save = (snapshot: Snapshot) => {
    last = snapshot;
    return Promise.resolve("memory");
  };
  const recipe = {
    ...tinyRecipe,
    learningRate: 0.01,
    optimizer,
    clipNorm: 1,
    labelSmoothing: 0.1,
    warmupSteps: 3,
    schedule: { kind: "cosine", steps: 20 },
  } as const;
  await Array.fromAsync(train(where, { model, dataset, recipe, maxSteps, resume, save }));
  return last!;
}

/** A snapshot after it was a file. */
function stored(snapshot: Snapshot): Snapshot {
  const checkpoint = toCheckpoint(snapshot, { table });
  return fromCheckpoint(structuredClone(checkpoint), { table, path: "a file" });
}

const optimizers: Record<string, Optimizer> = {
  momentum: momentum(),
  nesterov: momentum({ nesterov: true }),
  adam: adam(),
  adamW: adamW(),
  rmsProp: rmsProp(),
};

for (const [name, optimizer] of Object.entries(optimizers)) {
  Deno.test(`a run by ${name} that was stopped gives the bytes of one that was not`, async () => {
    using device = await openDevice();
    const places = [placeOn(device), placeOn(device)];
    for (const where of [device, places]) {
      const straight = await run(where, optimizer, { maxSteps: 7 });
      const half = await run(where, optimizer, { maxSteps: 4 });
      assertEquals(half.tower.slots?.length, slotsOf(optimizer).length);
      assert(half.tower.slots!.every((slot) => slot.some((value) => value !== 0)));
      const resume = stored(half);
      assertEquals([resume.optimizer, resume.tower], [optimizer.kind, half.tower]);
      assertEquals((await run(where, optimizer, { maxSteps: 7, resume })).tower, straight.tower);
      // Without its arrays it would go elsewhere.
      const forgetful = { ...resume, tower: { ...resume.tower, slots: undefined } };
      const other = await run(where, optimizer, { maxSteps: 7, resume: forgetful });
      assertNotEquals(other.tower.parameters, straight.tower.parameters);
    }
  });
}

Deno.test("a run by Adam goes on with two towers after one on its adapter", async () => {
  using device = await openDevice();
  const optimizer = adam();
  const resume = stored(await run(device, optimizer, { maxSteps: 3 }));
  const places = [placeOn(device), placeOn(device)];
  const { step, tower } = await run(places, optimizer, { maxSteps: 5, resume });
  assertEquals([step, tower.slots?.length], [5, 2]);
  assert(tower.parameters.every(Number.isFinite));
});

Deno.test("a run goes on by the kind of optimizer that it had, or not at all", async () => {
  using device = await openDevice();
  const resume = await run(device, momentum(), { maxSteps: 1 });
  await run(device, momentum({ nesterov: true }), { maxSteps: 2, resume });
  for (const optimizer of [gradientDescent(), adam(), rmsProp()]) {
    await assertRejects(
      () => run(device, optimizer, { maxSteps: 2, resume }),
      TrainingError,
      `Cannot resume the run by ${optimizer.kind}: it was one by momentum up to step 1`,
    );
  }
});

Deno.test("a checkpoint that lacks some of the optimizer's arrays is refused by name", async () => {
  using device = await openDevice();
  const { tensors, ...rest } = toCheckpoint(await run(device, adam(), { maxSteps: 1 }), { table });
  const { "conv/weights/optimizer/mean": _, ...lacking } = tensors;
  assertThrows(
    () => fromCheckpoint({ ...rest, tensors: lacking }, { table, path: "x" }),
    RangeError,
    "Cannot use the optimizer of x: needs conv/weights/optimizer/mean",
  );
});
