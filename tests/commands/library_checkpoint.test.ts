// Checkpoints that a program of one's own made, on the command line.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { shapes } from "../../lib/data/shapes.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { Rng } from "../../lib/rng.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { loadCheckpoint, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { tutorialRecipe } from "../../lib/train/recipe.ts";
import type { RunConfig } from "../../lib/train/run_directory.ts";
import { type Snapshot, toCheckpoint } from "../../lib/train/snapshot.ts";
import { tower } from "../support/tower.ts";

const table = tutorialNetwork().parameters;
const parameters = table.initialize(Rng.from(1));
const snapshot: Snapshot = {
  step: 3,
  optimizer: "gradient-descent",
  examples: 24,
  tower: { parameters, averages: parameters, lossAverages: new Float32Array(3) },
  batchSize: 8,
  queue: { read: 0, rng: [1, 2, 3], indices: new Uint32Array(0) },
  queueStart: 0,
  variants: [],
};
const { classes, format } = shapes();
const config: RunConfig = {
  dataset: "shapes",
  classes,
  picture: format,
  model: "tutorial",
  recipe: tutorialRecipe,
  towers: 1,
  parameters: "adapter",
};

async function withPicture(
  work: (places: { run: string; commands: string[][] }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const run = join(dir, "run"), picture = join(dir, "picture.png");
    const bytes = new Uint8Array(3 * 32 * 32);
    await Deno.writeFile(picture, await encodePng({ height: 32, width: 32, channels: 3, bytes }));
    const commands = [
      ["eval", `--checkpoint-dir=${run}`, "--num-examples=8"],
      ["predict", picture, `--checkpoint-dir=${run}`],
      ["export", run, `--output=${join(dir, "network.onnx")}`],
    ];
    await work({ run, commands });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("with its config a checkpoint of one's own is evaluated, asked, and exported", () =>
  withPicture(async ({ run, commands }) => {
    await saveCheckpoint(run, toCheckpoint(snapshot, { table, config }));
    for (const command of commands) {
      const { code, err } = await tower(command);
      assertEquals(code, 0, err);
    }
  }));

Deno.test("without, what is missing is said", () =>
  withPicture(async ({ run, commands }) => {
    await saveCheckpoint(run, toCheckpoint(snapshot, { table }));
    for (const command of [...commands, ["train", "--resume", `--train-dir=${run}`]]) {
      const { code, err } = await tower(command);
      assertEquals(code, 2, err);
      assertStringIncludes(err, "as config in the metadata of the checkpoint of step 3, got none");
      assertStringIncludes(err, "toCheckpoint writes it there when it is given { config }");
    }
  }));

Deno.test("what is damaged in a checkpoint's words is named with its file", () =>
  withPicture(async ({ run, commands: [evaluate] }) => {
    const resume = ["train", "--resume", `--train-dir=${run}`];
    const cases: [string, string, string[], string][] = [
      ["config", "{", evaluate, 'needs JSON as the config in its metadata, got "{"'],
      ["config", "{", resume, 'needs JSON as the config in its metadata, got "{"'],
      ["queue", "{}", resume, "needs numbers as the queue in its metadata, got {}"],
      ["queue", "3, 4", resume, 'needs JSON as the queue in its metadata, got "3, 4"'],
      ["variants", "[", resume, 'needs JSON as the variants in its metadata, got "["'],
    ];
    const path = await saveCheckpoint(run, toCheckpoint(snapshot, { table, config }));
    const whole = await loadCheckpoint(path);
    for (const [name, text, command, message] of cases) {
      await saveCheckpoint(run, { ...whole, metadata: { ...whole.metadata, [name]: text } });
      const { code, err } = await tower(command);
      assertEquals(code, 1, err);
      assertStringIncludes(err, message);
      assertStringIncludes(err, run);
      assertStringIncludes(err, "it is damaged, use an earlier checkpoint");
    }
  }));
