/**
 * What a page does with the library: trains a few steps on noise and runs the result on an array; fetches
 * what was learned elsewhere and says what a picture shows.
 */
import {
  arenaOf,
  decodeSafetensors,
  Device,
  Inference,
  type Picture,
  predict,
  Rng,
  sizeOf,
} from "../../lib/entries/layers.ts";
import { Tower } from "../../lib/train/tower.ts";
import { tutorialRecipe } from "../../lib/train/recipe.ts";
import { networks } from "./networks.ts";

/** Losses of four steps, and what the trained network then makes of one example. */
export interface Trained {
  readonly adapter: string;
  readonly losses: number[];
  readonly outputs: number[];
}

export async function trainAndRun(name: keyof typeof networks): Promise<Trained> {
  using device = await Device.open();
  const model = networks[name];
  const rng = Rng.from(1);
  const { key } = rng;
  const batch = 4;
  using tower = await Tower.create(device, {
    model,
    batch,
    picture: { height: 32, width: 32, channels: 3 },
    distortion: tutorialRecipe.distortion,
    summaries: true,
  });
  const parameters = model.parameters.initialize(rng);
  const lossAverages = new Float32Array(tower.lossNames.length);
  tower.writeState({ parameters, averages: parameters, lossAverages });
  const images = Uint8Array.from({ length: batch * 3072 }, () => rng.below(256));
  const labels = Uint8Array.of(3, 1, 4, 1);
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) {
    const numbers = { key, step, learningRate: 0.01, averageWeight: 0.5 };
    tower.step({ images, labels }, numbers, { summary: step === 3 });
    losses.push((await tower.losses(step + 1)).raw.total_loss);
  }
  await tower.readSummary();
  const state = await tower.readState();
  using inference = await Inference.create(device, { model, parameters: state.parameters });
  const x = Float32Array.from({ length: sizeOf(model.input) }, () => rng.truncatedNormal());
  return { adapter: device.summary.name, losses, outputs: [...await inference.run(x)] };
}

/** What a network whose parameters are a file makes of a picture. */
export async function fetchAndPredict(
  name: keyof typeof networks,
  url: string,
): Promise<{ readonly logits: number[]; readonly probabilities: Record<string, number> }> {
  using device = await Device.open();
  const model = networks[name];
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const parameters = arenaOf(decodeSafetensors(bytes, url).tensors, { table: model.parameters });
  using inference = await Inference.create(device, { model, parameters });
  const rng = Rng.from(2);
  const x = Float32Array.from({ length: sizeOf(model.input) }, () => rng.truncatedNormal());
  const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, () => rng.below(256));
  const picture: Picture = { height: 32, width: 32, channels: 3, bytes: pixels };
  const predictions = await predict(inference, picture, { classes: [..."0123456789"] });
  return {
    logits: [...await inference.run(x)],
    probabilities: Object.fromEntries(predictions.map((p) => [p.class, p.probability])),
  };
}

Object.assign(globalThis, { trainAndRun, fetchAndPredict });
