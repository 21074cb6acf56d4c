/** A small network and recipe, quick on every adapter. */
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { type Model, sequential } from "../../lib/layers/sequential.ts";
import { type Recipe, tutorialRecipe } from "../../lib/train/recipe.ts";

/** Takes pictures of 32×32×3, tells ten classes apart. */
export const tinyModel: Model<"NHWC", "NC"> = sequential([24, 24, 3], [
  conv2d({ name: "conv", filters: 4, kernel: 5, stride: 4, activation: "relu" }),
  flatten(),
  dense({ name: "logits", units: 10, weightDecay: 0.01 }),
]);

/** Four examples a step from a queue of twenty. */
export const tinyRecipe: Recipe = { ...tutorialRecipe, batchSize: 4, minQueueExamples: 20 };
