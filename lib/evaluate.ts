/**
 * Evaluation: every picture once, precision @ 1, and who is taken for whom.
 *
 * @module
 */
import { centralPictures } from "../kernels/picture.wgsl.ts";
import { stepWords } from "../kernels/step.wgsl.ts";
import { countRecords, type Dataset, type Split } from "./data/dataset.ts";
import { inOrder } from "./data/in_order.ts";
import { requireFinite } from "./finite_outputs.ts";
import { requireFit } from "./fit.ts";
import { Arena } from "./gpu/arena.ts";
import type { Device } from "./gpu/device.ts";
import { Readback } from "./gpu/readback.ts";
import { Recorder, type Variants } from "./gpu/recorder.ts";
import { Turns } from "./gpu/turns.ts";
import type { Model } from "./layers/sequential.ts";
import { requireSize } from "./shape.ts";

/** What to evaluate. */
export interface EvaluateOptions {
  /** The network: of pictures, with one number for each class. */
  readonly model: Model<"NHWC", "NC">;
  /** Its parameters. */
  readonly parameters: Float32Array;
  /** The data. */
  readonly dataset: Dataset;
  /** Which of them. Default `test`. */
  readonly split?: Split;
  /** At most so many, from the first on. Default: all. */
  readonly examples?: number;
  /** Examples at a time. Default 128. */
  readonly batchSize?: number;
  /** Kernel variants to use. Default: what suits the adapter. */
  readonly variants?: Variants;
  /** Called with every example; its picture is valid during the call. */
  readonly onExample?: (example: JudgedExample) => void;
  /** Called with the number of examples done. */
  readonly onProgress?: (done: number) => void;
  /** Ends it early, throwing the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An example and what the network takes it for. */
export interface JudgedExample {
  /** The stored picture, `C H W`. */
  readonly image: Uint8Array;
  /** Its class. */
  readonly label: number;
  /** The class of the largest logit. */
  readonly prediction: number;
}

/** What came out. */
export interface Evaluation {
  /** Pictures evaluated. */
  readonly examples: number;
  /** The share of pictures whose largest logit is that of their label. */
  readonly precision: number;
  /** `confusion[label][prediction]` is how often a class was taken for another. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Runs a network over a split: central crop, standardization, forward, largest logit (the first of
 * equal ones). Each picture counts once. Activations are `f32`, whatever the network was trained with, so
 * any adapter will do.
 *
 * @throws {DeviceError} if the adapter fails
 * @throws {ShapeError} if model, parameters and data do not fit one another
 * @throws {RangeError} if the number of examples is none, or a logit is not finite
 * @throws {DataError} if the data are not what they should be
 *
 * @example
 * ```ts
 * import { Device, evaluate, Rng, shapes, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = tutorialNetwork(), dataset = shapes({ test: 100 });
 * const parameters = model.parameters.initialize(Rng.from(1)); // or what was learned
 * const wrong = new Set<string>();
 * const { precision, confusion } = await evaluate(device, {
 *   model,
 *   dataset,
 *   parameters,
 *   onExample: ({ label, prediction }) => {
 *     if (label !== prediction) wrong.add(dataset.classes[label]);
 *   },
 * });
 * console.log("precision @ 1", precision, "mistakes with", [...wrong].join(", "));
 * assertEquals(confusion.flat().reduce((sum, count) => sum + count), 100);
 * ```
 */
export async function evaluate(device: Device, options: EvaluateOptions): Promise<Evaluation> {
  const { model, dataset, split = "test", batchSize = 128, signal } = options;
  model.parameters.requireArena(options.parameters, "evaluate the model");
  requireFit(model, dataset, "evaluate");
  requireSize("the model for evaluation", "the batch size", batchSize);
  const { examples = Infinity } = options;
  if (examples !== Infinity && !(Number.isSafeInteger(examples) && examples >= 0)) {
    throw new RangeError(
      `Cannot evaluate the model: needs examples to be a whole number of at least 0, got ${examples}`,
    );
  }
  const total = Math.min(examples, countRecords(dataset, split));
  const { height: H, width: W, channels: C } = dataset.format;
  const [CH, CW] = model.input;
  const classes = dataset.classes.length;

  const record = new Recorder(device, { variants: options.variants });
  const values = new Arena(record, model.parameters, "parameters", { constant: true });
  const bytes = record.keep([Math.ceil(batchSize * H * W * C / 4)], "images");
  const step = record.keep([stepWords], "step");
  const x = record.activation([batchSize, CH, CW, C], "pictures");
  record.scope(
    "crop",
    () =>
      record.dispatch(centralPictures({ N: batchSize, H, W, C, CH, CW, kind: device.kind }), {
        bytes,
        x,
      }),
  );
  const { y } = model.apply(x, { record, values, training: false, step });
  const logits = record.output(y, "logits");
  using program = await record.compile(device);
  program.write(values.all, options.parameters as Float32Array<ArrayBuffer>);
  const span = program.span(logits);
  using readback = await Readback.create(device, span.bytes);

  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const size = H * W * C, turns = new Turns();
  let done = 0;
  for await (const batch of inOrder(dataset, { split, batchSize, signal })) {
    signal?.throwIfAborted();
    program.write(bytes, batch.images);
    program.run();
    const data = await readback.read([span]);
    const rows = new Float32Array(data);
    const count = Math.min(batch.labels.length, total - done);
    for (let n = 0; n < count; n++) {
      const row = rows.subarray(n * y.shape[1], (n + 1) * y.shape[1]);
      requireFinite(row, { doing: "evaluate the model", picture: `picture ${done + n}` });
      const label = batch.labels[n], prediction = largest(row);
      confusion[label][prediction]++;
      const image = batch.images.subarray(n * size, (n + 1) * size);
      options.onExample?.({ image, label, prediction });
    }
    done += count;
    options.onProgress?.(done);
    if (done === total) break;
    await turns.give();
  }
  const correct = confusion.reduce((sum, row, label) => sum + row[label], 0);
  return { examples: done, precision: done === 0 ? 0 : correct / done, confusion };
}

/** The place of the largest number, the first of equal ones. */
function largest(row: Float32Array): number {
  return row.reduce((best, value, index) => value > row[best] ? index : best, 0);
}
