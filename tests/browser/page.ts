/** What a page does with the library: trains a few steps on noise and runs the result on an array. */
import { Device, Inference, Rng, sizeOf } from "../../lib/entries/layers.ts";
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

Object.assign(globalThis, { trainAndRun });
