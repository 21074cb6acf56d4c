/**
 * How a run trains: the constants of the tutorial, each a named option.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import type { Distortion } from "../../kernels/picture.wgsl.ts";
import { type Schedule, staircase } from "../optim/schedules.ts";

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
}

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

/** The schedule of a recipe on so many examples an epoch: `⌊examples / batch · epochs⌋` steps a stair. */
export function scheduleOf(recipe: Recipe, examples: number): Schedule {
  return staircase({
    initial: recipe.learningRate,
    factor: recipe.learningRateFactor,
    every: Math.max(1, Math.floor(examples / recipe.batchSize * recipe.epochsPerDecay)),
  });
}
