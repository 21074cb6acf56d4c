/**
 * What summaries cost: steps with one, written to a file, turn by turn with steps without.
 *
 *   deno run -A bench/summary_bench.ts [--batch 128] [--rounds 15]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { shapes } from "../lib/data/shapes.ts";
import { inOrder } from "../lib/data/in_order.ts";
import { Device } from "../lib/gpu/device.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { Rng } from "../lib/rng.ts";
import { tutorialRecipe } from "../lib/train/recipe.ts";
import { RunSummaries } from "../lib/train/run_summaries.ts";
import { Tower } from "../lib/train/tower.ts";
import { machineFacts } from "./machine.ts";

const flags = parseArgs(Deno.args, { default: { batch: 128, rounds: 15 } });
const batchSize = Number(flags.batch), rounds = Number(flags.rounds);
for (const line of await machineFacts()) console.log(line);
using device = await Device.open();
const model = tutorialNetwork();
const dataset = shapes({ train: batchSize });
const picture = { height: 32, width: 32, channels: 3 };
const { distortion } = tutorialRecipe;
const rng = Rng.from(1);
const parameters = model.parameters.initialize(rng);
using tower = await Tower.create(device, {
  model,
  batch: batchSize,
  picture,
  distortion,
  summaries: true,
});
tower.writeState({
  parameters,
  averages: parameters,
  lossAverages: new Float32Array(tower.lossNames.length),
});
const batches = inOrder(dataset, { split: "train", batchSize });
const batch = (await batches.next()).value!;
const directory = await Deno.makeTempDir();
using summaries = await RunSummaries.open(directory, {
  model,
  classes: dataset.classes,
  config: {},
});

let step = 0;
/** Milliseconds of a step, of reading its summary, and of writing it. */
async function time(summary: boolean): Promise<[step: number, read: number, write: number]> {
  const numbers = { key: rng.key, step: step++, learningRate: 0.01, averageWeight: 0.1 };
  const start = performance.now();
  tower.step(batch, numbers, { summary });
  const losses = await tower.losses(step);
  const stepped = performance.now();
  if (!summary) return [stepped - start, 0, 0];
  const made = await tower.readSummary();
  const read = performance.now();
  const labels = [...batch.labels.subarray(0, 3)];
  const values = { step, losses, learningRate: 0.01, examplesPerSecond: 1, summary: made, labels };
  await summaries.record({ type: "summary", ...values });
  return [stepped - start, read - stepped, performance.now() - read];
}

const times: { plain: number[]; parts: [number, number, number][] } = { plain: [], parts: [] };
for (let round = -2; round < rounds; round++) {
  const [plain] = await time(false);
  const parts = await time(true);
  if (round < 0) continue;
  times.plain.push(plain);
  times.parts.push(parts);
}
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const plain = median(times.plain);
const [made, read, written] = [0, 1, 2].map((i) => median(times.parts.map((parts) => parts[i])));
const more = made + read + written - plain;
console.log(`a step: ${plain.toFixed(1)} ms`);
console.log(
  `with a summary: ${made.toFixed(1)} ms, read back in ${
    read.toFixed(1)
  } ms, encoded and written in ` +
    `${written.toFixed(1)} ms`,
);
console.log(`every 100 steps: ${(more / plain).toFixed(2)}% of the time of training`);
await Deno.remove(directory, { recursive: true });
