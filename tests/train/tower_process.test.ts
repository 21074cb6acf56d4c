// Towers in processes of their own: the same numbers, and a clear end when one of them ends.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { shapes } from "../../lib/data/shapes.ts";
import { DeviceError } from "../../lib/gpu/device.ts";
import type { Pin } from "../../lib/gpu/pins.ts";
import { placeOn, type TowerPlace } from "../../lib/train/replica.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { TowerProcess } from "../../lib/train/tower_process.ts";
import { TrainingError } from "../../lib/train/keeper.ts";
import { train } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";

const pin: Pin = { label: "first", adapter: "high-performance", env: {} };
const options = {
  model: tinyModel,
  dataset: shapes({ train: 100, test: 10 }),
  recipe: tinyRecipe,
};

async function finalState(places: readonly TowerPlace[]): Promise<Snapshot["tower"]> {
  let state: Snapshot["tower"] | undefined;
  const save = ({ tower }: Snapshot) => {
    state = tower;
    return Promise.resolve("memory");
  };
  await Array.fromAsync(train(places, { ...options, maxSteps: 5, save }));
  return state!;
}

Deno.test("a tower in another process computes the bytes of one in this process", async () => {
  using device = await openDevice();
  using other = await TowerProcess.start(pin);
  assertEquals(other.target.summary, device.summary);
  const here = placeOn(device);
  const expected = await finalState([here, here, here]);
  assertEquals(await finalState([here, other, other]), expected);
  assertEquals(await finalState([other, other, here]), expected);
});

Deno.test("a tower whose process is killed ends the run with its name and how it ended", async () => {
  using process = await TowerProcess.start(pin);
  const save = () => Promise.resolve("memory");
  const events = train([process, process], { ...options, maxSteps: 1000, logFrequency: 1, save });
  const error = await assertRejects(async () => {
    for await (const event of events) {
      if (event.type === "step" && event.step === 2) Deno.kill(process.pid, "SIGKILL");
    }
  }, TrainingError);
  assertStringIncludes(error.message, `Tower 0 on ${process.name} failed: its process is gone`);
  assertStringIncludes(error.message, "it was ended by SIGKILL");
  assertStringIncludes(error.message, "no checkpoint was made before");
});

Deno.test("an error in a tower's process arrives as a sentence, and the process lives on", async () => {
  using process = await TowerProcess.start(pin);
  await assertRejects(
    async () => {
      const recording = { recorded: [], kept: [{ name: "huge", bytes: 2 ** 50 }], variants: {} };
      const tensor = (size: number) => ({
        name: "x",
        shape: [size],
        place: { memory: recording.kept[0], offset: 0 },
      });
      await process.createReplica({
        recording,
        batch: 1,
        inputs: { bytes: tensor(1), labels: tensor(1), step: tensor(1) },
        parameters: tensor(1),
        gradients: tensor(1),
        losses: { names: [], losses: tensor(1), averages: tensor(1), firstBad: tensor(1) },
      });
    },
    DeviceError,
    "Cannot allocate huge",
  );
  await finalState([process]);
});

Deno.test({
  name: "a process that sees no adapter says so",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const env = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    await assertRejects(
      () => TowerProcess.start({ ...pin, env }),
      DeviceError,
      "Cannot open the adapter first: Cannot find a WebGPU adapter",
    );
  },
});
