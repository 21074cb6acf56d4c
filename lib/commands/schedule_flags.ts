/**
 * The flags of `train` that make its learning rate.
 *
 * @module
 */
import { choice, integer, number } from "../cli/flag_types.ts";
import { type Flags, inGroup, UsageError } from "../cli/flags.ts";
import { type Recipe, type ScheduleOptions, tutorialRecipe } from "../train/recipe.ts";
import type { OptimizerName } from "./optimizer_flags.ts";

const schedules = ["staircase", "constant", "exponential", "cosine", "one-cycle"] as const;

/** The table. */
export const scheduleFlags = inGroup("Learning rate", {
  "learning-rate": number({
    help:
      "Learning rate, the greatest of the schedule (default 0.1; 0.01 with momentum, 0.001 with " +
      "adam, adamw and rms-prop)",
    min: 1e-9,
  }),
  "schedule": choice(schedules, {
    help: "How the learning rate goes (default staircase, the tutorial's)",
  }),
  "epochs-per-decay": number({
    help: `Epochs on a stair of staircase (default ${tutorialRecipe.epochsPerDecay})`,
    min: 1e-6,
  }),
  "learning-rate-factor": number({
    help: "What the rate is multiplied by from stair to stair, or in the steps of exponential " +
      `(default ${tutorialRecipe.learningRateFactor})`,
    min: 1e-9,
  }),
  "schedule-steps": integer({
    help: "Steps of cosine and one-cycle, or in which exponential falls by its factor " +
      "(default --max-steps); a run that goes on may have others",
    min: 2,
  }),
  "warmup-steps": integer({ help: "Steps in which the rate rises in a line at first", min: 1 }),
});

/** What a command line gives to them. */
export type ScheduleFlags = Flags<typeof scheduleFlags>;

/** Steps in all, where neither a flag nor a schedule says how many. */
export const defaultSteps = 1_000_000;

/** The fewest steps in which a rate rises for three tenths of them and falls. */
const leastCycle = 4;

/** What of a recipe they decide. */
type Scheduled = Pick<
  Recipe,
  "learningRate" | "learningRateFactor" | "epochsPerDecay" | "schedule" | "warmupSteps"
>;

/**
 * The part of a recipe that the flags make.
 *
 * @throws {UsageError} if they contradict each other
 */
export function scheduledBy(
  flags: ScheduleFlags,
  { optimizer = "gradient-descent", maxSteps = defaultSteps }: {
    optimizer?: OptimizerName;
    maxSteps?: number;
  },
): Partial<Scheduled> {
  const { schedule = "staircase", scheduleSteps, learningRateFactor, epochsPerDecay } = flags;
  const refuse = (name: string, needs: string) =>
    new UsageError(
      `Cannot use --${name} with --schedule=${schedule}: needs ${needs}; leave it out`,
    );
  const constant = schedule === "constant", stairs = schedule === "staircase";
  if (scheduleSteps !== undefined && (stairs || constant)) {
    throw refuse("schedule-steps", "exponential, cosine or one-cycle");
  }
  if (epochsPerDecay !== undefined && !stairs) throw refuse("epochs-per-decay", "staircase");
  if (learningRateFactor !== undefined && !stairs && schedule !== "exponential") {
    throw refuse("learning-rate-factor", "staircase or exponential");
  }
  const steps = scheduleSteps ?? maxSteps;
  return {
    learningRate: flags.learningRate ?? usualRates[optimizer],
    ...stairs && { learningRateFactor, epochsPerDecay },
    schedule: stairs ? undefined : scheduleOf(schedule, { steps, factor: learningRateFactor }),
    warmupSteps: flags.warmupSteps,
  };
}

const usualRates: Readonly<Record<OptimizerName, number>> = {
  "gradient-descent": tutorialRecipe.learningRate,
  "momentum": 0.01,
  "nesterov": 0.01,
  "adam": 0.001,
  "adamw": 0.001,
  "rms-prop": 0.001,
};

function scheduleOf(
  kind: ScheduleOptions["kind"],
  { steps, factor = tutorialRecipe.learningRateFactor }: { steps: number; factor?: number },
): ScheduleOptions {
  switch (kind) {
    case "constant":
      return { kind };
    case "exponential":
      return { kind, factor, every: steps };
  }
  return { kind, steps };
}

/** What the flags would have to be for a recipe. */
export function flagsOfSchedule(recipe: Recipe): Partial<ScheduleFlags> {
  const { learningRate, learningRateFactor, epochsPerDecay, schedule, warmupSteps } = recipe;
  const always = { learningRate, warmupSteps, schedule: schedule?.kind ?? "staircase" } as const;
  if (!schedule) return { ...always, learningRateFactor, epochsPerDecay };
  switch (schedule.kind) {
    case "constant":
      return always;
    case "exponential":
      return { ...always, learningRateFactor: schedule.factor, scheduleSteps: schedule.every };
  }
  return { ...always, scheduleSteps: schedule.steps };
}

/**
 * Steps in all: as many as are asked for, else until the schedule ends.
 *
 * @throws {UsageError} if the schedule ends before: nothing would be learned from there on; or if it has too few
 */
export function stepsOf(maxSteps: number | undefined, { schedule }: Recipe): number {
  if (schedule?.kind === "one-cycle" && schedule.steps < leastCycle) {
    throw new UsageError(
      `Cannot use --schedule=one-cycle with ${schedule.steps} steps: needs at least ${leastCycle}, as the rate ` +
        "rises and falls; give more by --max-steps or --schedule-steps",
    );
  }
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
