/**
 * Examples as they are stored and as the network sees them.
 *
 * @module
 */
import { centralPictures, distortedPictures } from "../../kernels/picture.wgsl.ts";
import { packStep, stepWords } from "../../kernels/step.wgsl.ts";
import type { Batch } from "../data/batch.ts";
import { type Dataset, imageBytes, type Split } from "../data/dataset.ts";
import { inOrder } from "../data/in_order.ts";
import { Prefetch } from "../data/prefetch.ts";
import type { Device } from "../gpu/device.ts";
import { Readback } from "../gpu/readback.ts";
import { Recorder } from "../gpu/recorder.ts";
import { Rng } from "../rng.ts";
import { sizeOf } from "../shape.ts";
import type { Recipe } from "../train/recipe.ts";

/** One example. */
export interface SeenExample {
  /** Its class. */
  readonly label: number;
  /** Which record of the split it is, counted from 0. */
  readonly index: number;
  /** The picture as it is stored, `C H W`. */
  readonly stored: Uint8Array;
  /** What comes to the first layer, `H W C`, cropped and standardized, and in training distorted. */
  readonly seen: Float32Array;
}

/** Which examples. */
export interface SeenExamplesOptions {
  /** Of what. */
  readonly dataset: Dataset;
  /** `train`: those that a run trains on, from its first step on; `test`: those of evaluation. */
  readonly split: Split;
  /** How many. */
  readonly count: number;
  /** How the run trains: with which seed, batch, shuffle queue and distortion. */
  readonly recipe: Recipe;
  /** Rows and columns of what the network takes. */
  readonly crop: readonly [number, number];
  /** Ends it early, throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * The first examples that training, or evaluation, takes: the same records in the same order, run
 * through the same kernel with the same random draws as in the steps of a run.
 *
 * @throws {DeviceError} if the adapter fails
 * @throws {DataError} if the data are not what they should be
 */
export async function seenExamples(
  device: Device,
  options: SeenExamplesOptions,
): Promise<SeenExample[]> {
  const { dataset, split, count, recipe, crop: [CH, CW], signal } = options;
  const { format } = dataset;
  const { height: H, width: W, channels: C } = format;
  const { batchSize: N, distortion } = recipe;
  const sizes = { N, H, W, C, CH, CW, kind: device.kind };
  const record = new Recorder(device);
  const bytes = record.keep([Math.ceil(N * imageBytes(format) / 4)], "images");
  const step = record.keep([stepWords], "step");
  const x = record.keep([N, CH, CW, C], "pictures");
  if (split === "train") record.dispatch(distortedPictures(sizes, distortion), { bytes, x, step });
  else record.dispatch(centralPictures(sizes), { bytes, x });
  using program = await record.compile(device);
  using readback = await Readback.create(device, sizeOf(x.shape) * 4);

  const { key } = Rng.from(recipe.seed).split("adapter");
  const examples: SeenExample[] = [];
  let index = 0;
  for await (const batch of batchesOf(options)) {
    signal?.throwIfAborted();
    const numbers = { key, step: index++, firstExample: 0, learningRate: 0, averageWeight: 0 };
    program.write(bytes, batch.images);
    program.write(step, packStep(numbers));
    program.run();
    const values = new Float32Array(await readback.read([program.span(x)]));
    const taken = Math.min(batch.labels.length, count - examples.length);
    for (let n = 0; n < taken; n++) {
      const part = <T extends Uint8Array | Float32Array>(all: T, size: number) =>
        all.slice(n * size, (n + 1) * size) as T;
      examples.push({
        label: batch.labels[n],
        index: batch.indices[n],
        stored: part(batch.images, imageBytes(format)),
        seen: part(values, CH * CW * C),
      });
    }
    if (examples.length === count) break;
  }
  return examples;
}

async function* batchesOf(
  { dataset, split, recipe, signal }: SeenExamplesOptions,
): AsyncGenerator<Batch, void, void> {
  const { batchSize, minQueueExamples, seed } = recipe;
  if (split === "test") return yield* inOrder(dataset, { split, batchSize, signal });
  const rng = Rng.from(seed).split("shuffle");
  await using batches = await Prefetch.open(dataset, { rng, batchSize, minQueueExamples, signal });
  for (;;) yield await batches.next();
}
