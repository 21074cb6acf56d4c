/**
 * The flags of `train` that make its recipe.
 *
 * @module
 */
import { boolean, number, range } from "../cli/flag_types.ts";
import { type Flags, inGroup } from "../cli/flags.ts";
import { type Recipe, tutorialRecipe } from "../train/recipe.ts";
import { flagsOfOptimizer, optimizerFlags, optimizerOf } from "./optimizer_flags.ts";
import {
  defaultSteps,
  flagsOfSchedule,
  scheduledBy,
  scheduleFlags,
  stepsOf,
} from "./schedule_flags.ts";

export { defaultSteps, stepsOf };

const { averageDecay, distortion } = tutorialRecipe;

/** The table. */
export const recipeFlags = {
  ...scheduleFlags,
  ...optimizerFlags,
  ...inGroup("Gradient, loss and averages", {
    "clip-norm": number({ help: "Greatest norm of the gradient (default no limit)", min: 1e-9 }),
    "label-smoothing": number({
      help: "Share of the target that all classes have alike (default 0)",
      min: 0,
      max: 0.999,
    }),
    "average-decay": number({
      help: `Greatest decay of the parameters' moving averages (default ${averageDecay})`,
      min: 0,
      max: 0.9999999,
    }),
  }),
  ...inGroup("Distortion of pictures", {
    "flip": boolean({
      help: "Mirror half of the pictures (default yes, but for digits)",
      default: undefined,
    }),
    "brightness": number({
      help:
        `Greatest number that is added to all values of a picture (default ${distortion.brightness})`,
      min: 0,
    }),
    "contrast": range({
      help: "Least and greatest factor of the distances from a picture's mean " +
        `(default ${distortion.contrast.join(",")})`,
      min: 0,
    }),
  }),
};

/** What a command line gives to them. */
export type RecipeFlags = Flags<typeof recipeFlags>;

/**
 * The part of a recipe that the flags make.
 *
 * @throws {UsageError} if they contradict each other
 */
export function shapedBy(flags: RecipeFlags, maxSteps?: number): Partial<Recipe> {
  const { flip, brightness, contrast } = flags;
  const recipe: Partial<Recipe> = {
    ...scheduledBy(flags, { optimizer: flags.optimizer, maxSteps }),
    optimizer: optimizerOf(flags),
    clipNorm: flags.clipNorm,
    labelSmoothing: flags.labelSmoothing,
    averageDecay: flags.averageDecay,
    distortion: { ...distortion, ...given({ flip, brightness, contrast }) },
  };
  // What is not there is not written down, as in runs of old.
  return given(recipe);
}

/** What the flags would have to be for a recipe, to compare them with what is given. */
export function flagsOf(recipe: Recipe): Partial<RecipeFlags> {
  const { clipNorm, labelSmoothing = 0, averageDecay, distortion } = recipe;
  return {
    ...flagsOfSchedule(recipe),
    ...flagsOfOptimizer(recipe.optimizer),
    clipNorm,
    labelSmoothing,
    averageDecay,
    ...distortion,
  };
}

/** Those that are not `undefined`. */
function given<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
