/**
 * How a run trains: the constants of the tutorial, each a named option.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import type { Distortion } from "../../kernels/picture.wgsl.ts";
import type { Optimizer } from "../optim/optimizers.ts";
import {
  constantRate,
  cosine,
  exponentialDecay,
  linearWarmup,
  oneCycle,
  type Schedule,
  staircase,
} from "../optim/schedules.ts";

/** Everything that decides the numbers of a run, apart from model and data. */
export interface Recipe {
  /** Examples a step of each tower. */
  readonly batchSize: number;
  /** The seed of all randomness. */
  readonly seed: number;
  /** Examples that the shuffle queue holds at least. */
  readonly minQueueExamples: number;
  /** The learning rate of the first stair. */
  readonly learningRate: number;
  /** What it is multiplied by from stair to stair. */
  readonly learningRateFactor: number;
  /** Epochs on a stair. */
  readonly epochsPerDecay: number;
  /** The largest decay of the parameters' moving averages. */
  readonly averageDecay: number;
  /** How pictures are distorted. */
  readonly distortion: Distortion;
  /** What activations and their gradients are stored as. Default `f32`. */
  readonly activations?: ElementType;
  /** How gradients change parameters. Default gradient descent. */
  readonly optimizer?: Optimizer;
  /** How the learning rate goes from `learningRate`. Default: down the stairs of the tutorial. */
  readonly schedule?: ScheduleOptions;
  /** Steps in which the rate rises in a line at first. Default: none. */
  readonly warmupSteps?: number;
  /** The greatest norm of the gradient, beyond which it is scaled down to it. Default: no limit. */
  readonly clipNorm?: number;
  /** ε of smoothed labels: their class gets `1 − ε + ε / C`, every other `ε / C`. Default 0. */
  readonly labelSmoothing?: number;
}

/** A schedule as plain data; see `lib/optim/schedules.ts`. */
export type ScheduleOptions =
  | { readonly kind: "constant" }
  | { readonly kind: "exponential"; readonly factor: number; readonly every: number }
  | { readonly kind: "cosine"; readonly steps: number }
  | { readonly kind: "one-cycle"; readonly steps: number };

/** The tutorial's. */
export const tutorialRecipe: Recipe = {
  batchSize: 128,
  seed: 1,
  minQueueExamples: 20_000,
  learningRate: 0.1,
  learningRateFactor: 0.1,
  epochsPerDecay: 350,
  averageDecay: 0.9999,
  distortion: { flip: true, brightness: 63, contrast: [0.2, 1.8] },
};

/**
 * The schedule of a recipe. Unless it names one, it is a staircase: on so many examples an epoch,
 * `⌊examples / batch · epochs⌋` steps a stair.
 */
export function scheduleOf(recipe: Recipe, examples: number): Schedule {
  const { warmupSteps = 0 } = recipe;
  const schedule = withoutWarmup(recipe, examples);
  return warmupSteps > 0 ? linearWarmup(schedule, warmupSteps) : schedule;
}

function withoutWarmup(recipe: Recipe, examples: number): Schedule {
  const { schedule, learningRate: initial } = recipe;
  switch (schedule?.kind) {
    case "constant":
      return constantRate(initial);
    case "exponential":
      return exponentialDecay({ ...schedule, initial });
    case "cosine":
      return cosine({ ...schedule, initial });
    case "one-cycle":
      return oneCycle({ ...schedule, peak: initial });
  }
  return staircase({
    initial,
    factor: recipe.learningRateFactor,
    every: Math.max(1, Math.floor(examples / recipe.batchSize * recipe.epochsPerDecay)),
  });
}
