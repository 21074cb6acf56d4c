/**
 * Does training ever wait for its data? Times the same program fed by the reader and fed one fixed
 * batch, turn by turn in one run.
 *
 *   deno run --allow-read --allow-env bench/prefetch_bench.ts DATA_DIR [ROUNDS]
 */
import { countRecords, imageBytes } from "../lib/data/dataset.ts";
import { cifar10 } from "../lib/data/cifar10.ts";
import { Prefetch } from "../lib/data/prefetch.ts";
import { Device } from "../lib/gpu/device.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { Rng } from "../lib/rng.ts";
import { tutorialRecipe } from "../lib/train/recipe.ts";
import { Tower } from "../lib/train/tower.ts";

const [dir = "data/cifar10", rounds = "8"] = Deno.args;
const stepsARound = 10;
const batch = tutorialRecipe.batchSize;

using device = await Device.open();
const dataset = await cifar10({ dir });
const model = tutorialNetwork();
const { height, width, channels } = dataset.format;
using tower = await Tower.create(device, {
  model,
  batch,
  picture: { height, width, channels },
  distortion: tutorialRecipe.distortion,
});
const rng = Rng.from(1);
const parameters = model.parameters.initialize(rng);
tower.writeState({
  parameters,
  averages: parameters,
  lossAverages: new Float32Array(tower.lossNames.length),
});
await using batches = await Prefetch.open(dataset, { rng, batchSize: batch });
const fixed = {
  images: new Uint8Array(batch * imageBytes(dataset.format)),
  labels: new Uint8Array(batch),
};
fixed.images.set((await batches.next()).images);

let step = 0;
async function round(
  next: () => Promise<{ images: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> }>,
) {
  const start = performance.now();
  for (let i = 0; i < stepsARound; i++, step++) {
    const numbers = { key: rng.key, step, learningRate: 0, averageWeight: 0 };
    tower.step(await next(), numbers);
    await tower.losses(step + 1);
    await new Promise((resume) => setTimeout(resume, 0));
  }
  return batch * stepsARound / (performance.now() - start) * 1000;
}

const rates = { reader: [] as number[], fixed: [] as number[] };
await round(() => Promise.resolve(fixed)); // compiles
for (let i = 0; i < Number(rounds); i++) {
  rates.reader.push(await round(() => batches.next()));
  rates.fixed.push(await round(() => Promise.resolve(fixed)));
}
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
const [reader, still] = [median(rates.reader), median(rates.fixed)];
console.log(`${device.summary.name}; ${countRecords(dataset, "train")} records, batch ${batch}`);
console.log(`from the reader   ${reader.toFixed(1)} examples/sec`);
console.log(`one fixed batch   ${still.toFixed(1)} examples/sec`);
console.log(`ratio             ${(reader / still).toFixed(4)}`);
