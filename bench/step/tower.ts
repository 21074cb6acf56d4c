/**
 * The step in Tower: what `cli.ts train` runs, distortion included, with draws that change nothing.
 *
 * @module
 */
import { profileTable } from "../../lib/commands/profile.ts";
import type { Dataset } from "../../lib/data/dataset.ts";
import { evaluate } from "../../lib/evaluate.ts";
import { Device } from "../../lib/gpu/device.ts";
import { profile } from "../../lib/gpu/profile.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { Tower } from "../../lib/train/tower.ts";
import * as fixed from "./case.ts";

const batch = fixed.batchArgument();
const model = tutorialNetwork();
const images = fixed.imageBytes(batch), labels = fixed.labels(batch);
const parameters = new Float32Array(model.parameters.length);
for (const [name, { data }] of Object.entries(fixed.parameters())) {
  model.parameters.view(parameters, name).set(data);
}

using device = await Device.open();
using tower = await Tower.create(device, {
  model,
  batch,
  picture: fixed.picture,
  distortion: { flip: false, brightness: 0, contrast: [1, 1] },
});
const lossAverages = new Float32Array(tower.lossNames.length);
tower.writeState({ parameters, averages: parameters, lossAverages });

let steps = 0;
function start(): void {
  const { learningRate } = fixed;
  const numbers = { key: [0, 0] as const, step: steps++, learningRate, averageWeight: 0.9 };
  tower.step({ images, labels }, numbers);
}

async function step(): Promise<number> {
  start();
  return (await tower.losses(steps)).raw.total_loss;
}

/** Milliseconds of a step where the loss is read at every tenth, as in training. */
async function millisecondsByTens(): Promise<number> {
  const begin = performance.now(), seconds = fixed.secondsArgument / 4;
  let done = 0;
  while (performance.now() - begin < seconds * 1000) {
    for (let i = 0; i < 10; i++) start();
    await tower.losses(steps);
    done += 10;
  }
  return (performance.now() - begin) / done;
}

const timed = await fixed.time({ step, evaluate: () => Promise.resolve() }, batch);
const milliseconds = 1000 * batch / timed.imagesPerSecond;
const gigaflops = tower.program.flops / milliseconds / 1e6;
fixed.answer({
  system: "Tower",
  ...timed,
  evaluationImagesPerSecond: await evaluationSpeed(),
  details: [
    `Tower, a step: ${milliseconds.toPrecision(3)} ms, ${
      (tower.program.flops / 1e9).toFixed(2)
    } GFLOP, ` +
    `${gigaflops.toFixed(1)} GFLOP/s; ` +
    `${(await millisecondsByTens()).toPrecision(3)} ms where losses are read at every tenth`,
    ...profileTable(await profile(tower.program)),
  ],
});

/** Of `evaluate`, reading included, from its second batch on: the first pays for compiling. */
async function evaluationSpeed(): Promise<number> {
  const batches = 12;
  const record = fixed.picture.height * fixed.picture.width * fixed.picture.channels;
  const records = new Uint8Array(batch * (1 + record));
  for (let n = 0; n < batch; n++) {
    records.set([labels[n]], n * (1 + record));
    records.set(images.subarray(n * record, (n + 1) * record), n * (1 + record) + 1);
  }
  const part = { name: "memory", records: batch, open: () => ReadableStream.from([records]) };
  const dataset: Dataset = {
    name: "fixed batch",
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    format: { labelBytes: 1, labelAt: 0, ...fixed.picture },
    parts: { train: [], test: Array(batches).fill(part) },
  };
  const times: number[] = [];
  const onProgress = () => void times.push(performance.now());
  await evaluate(device, { model, parameters, dataset, batchSize: batch, onProgress });
  return (times.length - 1) * batch * 1000 / (times.at(-1)! - times[0]);
}
