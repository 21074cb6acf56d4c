/**
 * What a picture shows.
 *
 * @module
 */
import { centralInput } from "./central_input.ts";
import { requireFinite } from "./finite_outputs.ts";
import type { Inference } from "./inference.ts";
import { endsInSoftmax } from "./layers/softmax.ts";
import type { Picture } from "./picture.ts";
import { ShapeError, sizeOf } from "./shape.ts";

/** A class and how probable a network finds it. */
export interface Prediction {
  /** The name of the class. */
  readonly class: string;
  /** From 0 to 1; those of all classes sum to 1. */
  readonly probability: number;
}

/** How to name what a picture shows. */
export interface PredictOptions {
  /** Names of the classes, in the order of the network's outputs. */
  readonly classes: readonly string[];
  /** How many of them to give, the most probable ones; at least 1. Default: all. */
  readonly top?: number;
}

/**
 * What a network takes a picture for: its middle, standardized, goes through the network, as in
 * evaluation, and `exp(x_c) / Σ_j exp(x_j)` of its logits are the probabilities. The most probable class
 * comes first, of equals the earlier.
 *
 * The picture should have the size of those that the network was trained on, which is larger than what
 * it takes: `resizeToCover(decodeImage(bytes), dataset.format)` makes it of a file.
 *
 * @throws {ShapeError} if the picture does not cover what the network takes, or it has not one output
 * for each class
 * @throws {RangeError} if `top` is not a whole number of at least 1, or what the network gives is not finite
 * @throws {DeviceError} if the adapter fails
 *
 * @example
 * ```ts
 * import { Device, Inference, predict, Rng, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = tutorialNetwork({ classes: 2 });
 * const parameters = model.parameters.initialize(Rng.from(1)); // or what was learned
 * using inference = await Inference.create(device, { model, parameters });
 *
 * const picture = { height: 32, width: 32, channels: 3, bytes: new Uint8Array(32 * 32 * 3) };
 * const [first, second] = await predict(inference, picture, { classes: ["cat", "dog"] });
 * assertEquals(first.probability >= second.probability, true);
 * ```
 */
export async function predict(
  inference: Inference,
  picture: Picture,
  { classes, top = classes.length }: PredictOptions,
): Promise<Prediction[]> {
  const { model, outputShape } = inference;
  if (sizeOf(outputShape) !== classes.length) {
    throw new ShapeError(
      `Cannot name what a picture shows: needs the names of ${sizeOf(outputShape)} classes, ` +
        `as the network has so many outputs, got ${classes.length}`,
    );
  }
  if (!Number.isSafeInteger(top) || top < 1) {
    throw new RangeError(
      `Cannot name what a picture shows: needs top to be a whole number of at least 1, got ${top}`,
    );
  }
  const y = await inference.run(centralInput(picture, model.input));
  requireFinite(y, { doing: "ask the model what a picture shows", picture: "this one" });
  const probabilities = endsInSoftmax(model) ? y : softmaxOf(y);
  const predictions = classes.map((name, c) => ({ class: name, probability: probabilities[c] }));
  return predictions.sort((a, b) => b.probability - a.probability).slice(0, top);
}

function softmaxOf(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const shares = Array.from(logits, (x) => Math.exp(x - most));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / sum);
}
