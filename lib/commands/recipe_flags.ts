/**
 * The flags of `train` that make its recipe: optimizer, schedule, and what shapes gradient and loss.
 *
 * @module
 */
import { choice, integer, number } from "../cli/flag_types.ts";
import { type Flags, UsageError } from "../cli/flags.ts";
import { adam, adamW, momentum, type Optimizer, rmsProp } from "../optim/optimizers.ts";
import { type Recipe, type ScheduleOptions, tutorialRecipe } from "../train/recipe.ts";

const optimizers = [
  "gradient-descent",
  "momentum",
  "nesterov",
  "adam",
  "adamw",
  "rms-prop",
] as const;
const schedules = ["staircase", "constant", "exponential", "cosine", "one-cycle"] as const;

/** The table. */
export const recipeFlags = {
  "learning-rate": number({
    help:
      "Learning rate, the greatest of the schedule (default 0.1; 0.01 with momentum, 0.001 with " +
      "adam, adamw and rms-prop)",
    min: 1e-9,
  }),
  "optimizer": choice(optimizers, {
    help: "How gradients change parameters (default gradient-descent)",
  }),
  "momentum": number({ help: "μ of momentum and nesterov (default 0.9)", min: 0, max: 0.9999 }),
  "schedule": choice(schedules, {
    help: "How the learning rate goes (default staircase, the tutorial's)",
  }),
  "schedule-steps": integer({
    help: "Steps of cosine and one-cycle, or in which exponential falls to a tenth " +
      "(default --max-steps); a run that goes on may have others",
    min: 2,
  }),
  "warmup-steps": integer({ help: "Steps in which the rate rises in a line at first", min: 1 }),
  "clip-norm": number({ help: "Greatest norm of the gradient (default no limit)", min: 1e-9 }),
  "label-smoothing": number({
    help: "Share of the target that all classes have alike (default 0)",
    min: 0,
    max: 0.999,
  }),
};

/** What a command line gives to them. */
export type RecipeFlags = Flags<typeof recipeFlags>;

/** Steps in all, where neither a flag nor a schedule says how many. */
export const defaultSteps = 1_000_000;

/**
 * Steps in all: as many as are asked for, else until the schedule ends.
 *
 * @throws {UsageError} if the schedule ends before: nothing would be learned from there on
 */
export function stepsOf(maxSteps: number | undefined, { schedule }: Recipe): number {
  const end = schedule && "steps" in schedule ? schedule.steps : undefined;
  if (maxSteps === undefined || end === undefined || maxSteps <= end) {
    return maxSteps ?? end ?? defaultSteps;
  }
  throw new UsageError(
    `Cannot train to step ${maxSteps}: the ${
      schedule!.kind
    } schedule ends at step ${end}, from which on ` +
      `nothing is learned; give --schedule-steps=${maxSteps} too, or fewer --max-steps`,
  );
}

/** What of a recipe the flags decide. */
type Shaped = Pick<
  Recipe,
  "learningRate" | "optimizer" | "schedule" | "warmupSteps" | "clipNorm" | "labelSmoothing"
>;

/**
 * The part of a recipe that the flags make.
 *
 * @throws {UsageError} if they contradict each other
 */
export function shapedBy(flags: RecipeFlags, maxSteps = defaultSteps): Shaped {
  const { optimizer = "gradient-descent", schedule, warmupSteps, clipNorm, labelSmoothing } = flags;
  const withMomentum = optimizer === "momentum" || optimizer === "nesterov";
  if (flags.momentum !== undefined && !withMomentum) {
    throw new UsageError(
      `Cannot use --momentum with --optimizer=${optimizer}: needs momentum or nesterov; leave it out`,
    );
  }
  const usual = { "gradient-descent": tutorialRecipe.learningRate, momentum: 0.01, nesterov: 0.01 };
  const rates: Record<string, number> = usual;
  const recipe = {
    learningRate: flags.learningRate ?? rates[optimizer] ?? 0.001,
    optimizer: optimizerOf(optimizer, flags.momentum),
    schedule: scheduleOf(schedule, { steps: flags.scheduleSteps, maxSteps }),
    warmupSteps,
    clipNorm,
    labelSmoothing,
  };
  // What is not there is not written down, as in runs of old.
  return Object.fromEntries(
    Object.entries(recipe).filter(([, value]) => value !== undefined),
  ) as unknown as Shaped;
}

function optimizerOf(name: typeof optimizers[number], mu?: number): Optimizer | undefined {
  switch (name) {
    case "gradient-descent":
      return undefined;
    case "momentum":
    case "nesterov":
      return momentum({ momentum: mu, nesterov: name === "nesterov" });
    case "adam":
      return adam();
    case "adamw":
      return adamW();
    case "rms-prop":
      return rmsProp();
  }
}

function scheduleOf(
  kind: typeof schedules[number] | undefined,
  { steps, maxSteps }: { steps?: number; maxSteps: number },
): ScheduleOptions | undefined {
  if (steps !== undefined && (kind === undefined || kind === "staircase" || kind === "constant")) {
    throw new UsageError(
      `Cannot use --schedule-steps with --schedule=${
        kind ?? "staircase"
      }: needs exponential, cosine or ` +
        "one-cycle; leave it out",
    );
  }
  switch (kind) {
    case undefined:
    case "staircase":
      return undefined;
    case "constant":
      return { kind };
    case "exponential":
      return { kind, factor: 0.1, every: steps ?? maxSteps };
  }
  return { kind, steps: steps ?? maxSteps };
}

/** What the flags would have to be for a recipe, to compare them with what is given. */
export function flagsOf(recipe: Recipe): Partial<RecipeFlags> {
  const { optimizer, schedule } = recipe;
  const name = optimizer?.kind === "momentum" && optimizer.nesterov
    ? "nesterov"
    : optimizer?.kind === "adam" && optimizer.decay > 0
    ? "adamw"
    : optimizer?.kind;
  return {
    learningRate: recipe.learningRate,
    optimizer: name ?? "gradient-descent",
    momentum: optimizer?.kind === "momentum" ? optimizer.momentum : undefined,
    schedule: schedule?.kind ?? "staircase",
    scheduleSteps: schedule &&
      ("steps" in schedule ? schedule.steps : "every" in schedule ? schedule.every : undefined),
    warmupSteps: recipe.warmupSteps,
    clipNorm: recipe.clipNorm,
    labelSmoothing: recipe.labelSmoothing ?? 0,
  };
}
