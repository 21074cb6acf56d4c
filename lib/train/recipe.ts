/**
 * How a run trains: the constants of the tutorial, each a named option.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import type { Distortion } from "../../kernels/picture.wgsl.ts";
import { completeOptimizer, type Optimizer, optimizerKinds } from "../optim/optimizers.ts";
import {
  constantRate,
  cosine,
  type CosineOptions,
  exponentialDecay,
  linearWarmup,
  oneCycle,
  type OneCycleOptions,
  type Schedule,
  staircase,
  type StaircaseOptions,
} from "../optim/schedules.ts";
import { count, notNegative, positive, requireNumbers, share } from "./rules.ts";

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
  | ({ readonly kind: "exponential" } & Omit<StaircaseOptions, "initial">)
  | ({ readonly kind: "cosine" } & Omit<CosineOptions, "initial">)
  | ({ readonly kind: "one-cycle" } & Omit<OneCycleOptions, "peak">);

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
 * A whole recipe: what is not given, or `undefined`, is the tutorial's.
 *
 * @throws {RangeError} if a number is out of its range, or there is no such optimizer or schedule
 *
 * @example
 * ```ts
 * import { completeRecipe } from "@tower/nn/train";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(completeRecipe({ batchSize: 32 }).learningRate, 0.1);
 * assertThrows(() => completeRecipe({ batchSize: 0 }), RangeError);
 * ```
 */
export function completeRecipe(given: Partial<Recipe> = {}): Recipe {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const recipe: Recipe = { ...tutorialRecipe, ...Object.fromEntries(entries) };
  const { distortion: { brightness, contrast: [low, high] }, optimizer, schedule } = recipe;
  requireNumbers("use the recipe", {
    batchSize: [recipe.batchSize, count(1)],
    seed: [recipe.seed, count(0)],
    minQueueExamples: [recipe.minQueueExamples, count(0)],
    learningRate: [recipe.learningRate, positive],
    learningRateFactor: [recipe.learningRateFactor, positive],
    epochsPerDecay: [recipe.epochsPerDecay, positive],
    averageDecay: [recipe.averageDecay, share],
    brightness: [brightness, notNegative],
    "the least contrast": [low, notNegative],
    "the greatest contrast": [high, { ...notNegative, holds: (value) => value >= low }],
    warmupSteps: [recipe.warmupSteps, count(0)],
    clipNorm: [recipe.clipNorm, positive],
    labelSmoothing: [recipe.labelSmoothing, share],
  });
  if (optimizer) requireKind("optimizer", optimizer.kind, optimizerKinds);
  if (schedule) requireKind("schedule", schedule.kind, scheduleKinds);
  return optimizer ? { ...recipe, optimizer: completeOptimizer(optimizer) } : recipe;
}

const scheduleKinds = ["constant", "exponential", "cosine", "one-cycle"];

function requireKind(what: string, kind: string, kinds: readonly string[]): void {
  if (kinds.includes(kind)) return;
  throw new RangeError(
    `Cannot use the recipe: needs its ${what} to be one of ${kinds.join(", ")}, got ${kind}`,
  );
}

/** What a schedule by epochs goes by. */
export interface EpochNumbers {
  /** Examples in an epoch. */
  readonly examples: number;
  /** Steps of this size that were done by steps of another size, less those steps. Default 0. */
  readonly ahead?: number;
}

/**
 * The schedule of a recipe. Unless it names one, it is a staircase: on so many examples an epoch,
 * `⌊examples / batch · epochs⌋` steps a stair.
 *
 * @example
 * ```ts
 * import { completeRecipe, scheduleOf } from "@tower/nn/train";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const recipe = completeRecipe({ schedule: { kind: "cosine", steps: 100 }, warmupSteps: 10 });
 * const rate = scheduleOf(recipe, { examples: 50_000 });
 * assertAlmostEquals(rate(0), 0.01);
 * assertAlmostEquals(rate(50), 0.05);
 * ```
 */
export function scheduleOf(recipe: Recipe, epochs: EpochNumbers): Schedule {
  const { warmupSteps = 0 } = recipe;
  const schedule = withoutWarmup(recipe, epochs);
  return warmupSteps > 0 ? linearWarmup(schedule, warmupSteps) : schedule;
}

function withoutWarmup(recipe: Recipe, { examples, ahead = 0 }: EpochNumbers): Schedule {
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
  const stairs = staircase({
    initial,
    factor: recipe.learningRateFactor,
    every: Math.max(1, Math.floor(examples / recipe.batchSize * recipe.epochsPerDecay)),
  });
  return (step) => stairs(step + ahead);
}
