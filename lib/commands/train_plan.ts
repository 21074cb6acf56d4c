/**
 * What `train` is to do, checked before anything is written.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Group } from "../distributed/group.ts";
import type { Model } from "../layers/sequential.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { fromCheckpoint, type Snapshot } from "../train/snapshot.ts";
import { dataDirOf, openDatasetFor } from "./dataset_flag.ts";
import type { FoundRun } from "./found_run.ts";
import { readInitial } from "./init_from.ts";
import { openModelFor, taskOf } from "./model_flag.ts";
import { oneFirst } from "./ranks.ts";
import { stepsOf } from "./recipe_flags.ts";
import { newConfig, resumedConfig, suitedTo, withData } from "./run_config.ts";
import { requireSameData } from "./same_data.ts";
import { requireSameModel, withModel } from "./same_model.ts";
import type { TrainFlags } from "./train_flags.ts";

/** What to train, on what, from where, and how far. */
export interface TrainPlan {
  /** What the run is. */
  readonly config: RunConfig;
  /** Sentences on what of it is not as it was. */
  readonly changes: readonly string[];
  /** The data. */
  readonly dataset: Dataset;
  /** Where they lie. */
  readonly dataDir: string;
  /** The network. */
  readonly model: Model<"NHWC", "NC">;
  /** The step to stop before. */
  readonly maxSteps: number;
  /** Parameters to begin with, where they are not drawn. */
  readonly parameters?: Float32Array;
  /** Where the run goes on, if it does. */
  readonly resume?: Snapshot;
}

/** Of which run. */
export interface PlanOptions {
  /** Its directory. */
  readonly path: string;
  /** What is there to go on with. */
  readonly found?: FoundRun;
  /** Where to show the progress of a download. */
  readonly io: Io;
  /** The processes that train together. Default: this one alone. */
  readonly group?: Group;
}

/**
 * Opens data and model, and holds a run that goes on against its checkpoint.
 *
 * @throws {UsageError} if the flags contradict each other, the run, or the data
 * @throws {RangeError} if the checkpoint is not of the model
 */
export async function planTraining(
  flags: TrainFlags,
  { path, found, io, group }: PlanOptions,
): Promise<TrainPlan> {
  const processes = group?.size;
  const { config: asked, changes } = found
    ? resumedConfig(found.config, { flags, path, processes })
    : { config: newConfig(flags, processes), changes: [] };
  const maxSteps = stepsOf(flags.maxSteps, asked.recipe);
  const { dataset: name, imageSize } = asked;
  const dir = await dataDirOf(name, { given: flags.dataDir, known: found?.dataDir });
  const dataset = await oneFirst(group, () => openDatasetFor(io, { name, dir, imageSize }));
  if (found) requireSameData(asked, { dataset, path });
  const model = await openModelFor(asked.model, taskOf(dataset));
  if (found) requireSameModel(asked, { model, what: `resume ${path}`, trains: true });
  const decided = found || flags.flip !== undefined;
  const suited = withData(dataset, decided ? asked : suitedTo(dataset, asked));
  const config = withModel(model, suited);
  const table = model.parameters;
  return {
    config,
    changes,
    dataset,
    dataDir: dir,
    model,
    maxSteps,
    parameters: found || flags.initFrom === undefined ? undefined : await readInitial({
      path: flags.initFrom,
      except: flags.initExcept,
      table,
      seed: config.recipe.seed,
      io,
    }),
    resume: found && fromCheckpoint(found.checkpoint, { table, path: found.file }),
  };
}
