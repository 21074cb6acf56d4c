/**
 * The configuration of a run from the flags, and, where it goes on, from its checkpoint.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import { count } from "../cli/format.ts";
import { countRecords, type Dataset } from "../data/dataset.ts";
import { type Recipe, tutorialRecipe } from "../train/recipe.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { datasetName } from "./dataset_flag.ts";
import { modelName, movedModel } from "./model_flag.ts";
import { isFile } from "./name_or_file.ts";
import { flagsOf, type RecipeFlags, recipeFlags, shapedBy } from "./recipe_flags.ts";
import type { TrainFlags } from "./train_flags.ts";

/** A run's configuration, and sentences on what of it is not as it was. */
export interface ResumedConfig {
  /** The configuration from now on. */
  readonly config: RunConfig;
  /** What changes. */
  readonly changes: readonly string[];
}

/**
 * The configuration of a new run.
 *
 * @param processes how many take part, each with `--num-gpus` towers
 * @throws {UsageError} if the flags contradict each other
 */
export function newConfig(flags: TrainFlags, processes = 1): RunConfig {
  const {
    dataset = "cifar10",
    batchSize = tutorialRecipe.batchSize,
    seed = tutorialRecipe.seed,
    minQueueExamples = tutorialRecipe.minQueueExamples,
  } = flags;
  const recipe: Recipe = {
    ...tutorialRecipe,
    batchSize,
    seed,
    minQueueExamples,
    ...shapedBy(flags, flags.maxSteps),
    ...flags.useFp16 && { activations: "f16" },
  };
  const towers = (flags.numGpus ?? 1) * processes;
  const parameters = parametersOf(flags, { towers, processes });
  const model = modelName(flags.model ?? "tutorial");
  const { imageSize } = flags;
  return {
    dataset: datasetName(dataset),
    ...imageSize !== undefined && { imageSize },
    model,
    recipe,
    towers,
    parameters,
  };
}

/** The configuration with what there is to know of the data, for those who have the run and not the data. */
export function withData(dataset: Dataset, config: RunConfig): RunConfig {
  const { classes, format: { height, width, channels }, fingerprint } = dataset;
  const train = countRecords(dataset, "train");
  const pictures = { train, ...fingerprint !== undefined && { fingerprint } };
  return { ...config, classes, picture: { height, width, channels }, pictures };
}

/** The configuration without mirroring, where the data set's pictures do not allow it. */
export function suitedTo({ flip = true }: Dataset, config: RunConfig): RunConfig {
  const { recipe } = config;
  if (flip) return config;
  return { ...config, recipe: { ...recipe, distortion: { ...recipe.distortion, flip: false } } };
}

/**
 * The run's own configuration; what decides its numbers must not be given otherwise, but the number of
 * towers, and with it the batch of each, may change.
 *
 * @param processes how many take part, each with `--num-gpus` towers
 * @throws {UsageError} if a flag says otherwise than the run
 */
export function resumedConfig(
  kept: RunConfig,
  { flags, path, processes = 1 }: { flags: TrainFlags; path: string; processes?: number },
): ResumedConfig {
  const recipe = rescheduled(kept.recipe, flags.scheduleSteps);
  const towers = processes > 1 || flags.numGpus !== undefined
    ? (flags.numGpus ?? 1) * processes
    : kept.towers;
  const batchSize = flags.batchSize ?? recipe.batchSize;
  const [examples, before] = [towers * batchSize, kept.towers * recipe.batchSize];
  const regrouped = towers !== kept.towers && examples === before;
  const shaped = flagsOf(recipe);
  const { dataset = kept.dataset } = flags;
  // A file may have been moved.
  const moved = isFile(kept.dataset) && isFile(datasetName(dataset));
  const pairs = [
    ["dataset", moved ? undefined : flags.dataset, kept.dataset],
    ["image-size", flags.imageSize, kept.imageSize ?? kept.picture?.height ?? 32],
    ["batch-size", regrouped ? undefined : flags.batchSize, recipe.batchSize],
    ["seed", flags.seed, recipe.seed],
    ["min-queue-examples", flags.minQueueExamples, recipe.minQueueExamples],
    ["use-fp16", flags.useFp16, recipe.activations === "f16"],
    ...Object.keys(recipeFlags).map((name) => {
      const key = camelCase(name);
      return [name, flags[key], shaped[key]] as const;
    }),
  ] as const;
  for (const [name, given, kept] of pairs) {
    if (given !== undefined && String(given) !== String(kept)) {
      throw new UsageError(
        `Cannot resume ${path} with --${name}=${given}: the run was started ${
          kept === undefined ? "without it" : `with ${kept}`
        }; ` +
          "leave the flag out, or start a new run in another --train-dir",
      );
    }
  }
  const parameters = towers === 1 && flags.parameters === undefined && kept.towers === 1
    ? kept.parameters
    : parametersOf(flags, { towers, processes });
  const changes: string[] = [];
  const { scheduleSteps: ends } = flagsOf(recipe), { scheduleSteps: ended } = flagsOf(kept.recipe);
  if (ends !== ended) changes.push(`the schedule ends at step ${ends} instead of ${ended}`);
  if (towers !== kept.towers) {
    changes.push(
      `${count(towers, "tower")} of ${count(batchSize, "example")} a step instead of ` +
        `${count(kept.towers, "tower")} of ` +
        `${recipe.batchSize}: ` +
        (regrouped
          ? "the same examples in the same order, but sums round differently"
          : `a step takes ${
            count(examples, "example")
          } instead of ${before}, and their order starts anew`),
    );
  } else if (parameters !== kept.parameters) {
    changes.push(
      `parameters live ${whereabouts[parameters]} instead of ${whereabouts[kept.parameters]}: ` +
        "sums round differently",
    );
  }
  const model = movedModel(kept.model, flags.model);
  return {
    config: {
      ...kept,
      dataset: moved ? datasetName(dataset) : kept.dataset,
      model,
      recipe: { ...recipe, batchSize },
      towers,
      parameters,
    },
    changes,
  };
}

/** The recipe with a schedule that ends elsewhere, if that is asked for of one that ends. */
function rescheduled(recipe: Recipe, steps: number | undefined): Recipe {
  const { schedule } = recipe;
  if (steps === undefined || !schedule || !("steps" in schedule)) return recipe;
  return { ...recipe, schedule: { ...schedule, steps } };
}

const whereabouts = { adapter: "on the adapter", host: "in host memory" };

function parametersOf(
  { parameters }: TrainFlags,
  { towers, processes }: { towers: number; processes: number },
): RunConfig["parameters"] {
  if (towers === 1 && processes === 1) return parameters ?? "adapter";
  if (parameters === "adapter") {
    throw new UsageError(
      `Cannot use --parameters=adapter with ${towers} towers: theirs live in host memory; leave ` +
        "the flag out",
    );
  }
  return "host";
}

function camelCase(name: string): keyof RecipeFlags {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof RecipeFlags;
}
