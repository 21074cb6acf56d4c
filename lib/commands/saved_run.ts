/**
 * A run's newest checkpoint with the network that it is of.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import type { Model } from "../layers/sequential.ts";
import { type Checkpoint, loadNewestCheckpoint } from "../train/checkpoint.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { parametersOf } from "../train/snapshot.ts";
import { configOf } from "./found_run.ts";
import { movedModel, openModelFor } from "./model_flag.ts";
import { requireSameModel } from "./same_model.ts";
import { requireDirectory } from "./shared.ts";

/** A network with what it has learned. */
export interface SavedRun {
  /** Where it was. */
  readonly checkpoint: Checkpoint;
  /** What it was trained on, and how. */
  readonly config: RunConfig;
  /** The network. */
  readonly model: Model<"NHWC", "NC">;
  /** Its parameters, averaged where that was asked for. */
  readonly parameters: Float32Array;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Sizes of the pictures that it was trained on. */
  readonly picture: { readonly height: number; readonly width: number; readonly channels: number };
}

/**
 * Opens the newest checkpoint of a run.
 *
 * @throws {UsageError} if there is none, or none that says what network it is of
 */
export async function openSavedRun(
  path: string,
  { averages, model: moved }: { averages: boolean; model?: string },
): Promise<SavedRun> {
  await requireDirectory(path, "a run");
  const checkpoint = await loadNewestCheckpoint(path);
  if (!checkpoint) {
    throw new UsageError(
      `Cannot use ${path}: it holds no checkpoint; train first, or name the directory of a run`,
    );
  }
  const config = configOf(checkpoint, { doing: "use", path });
  if (!config.classes || !config.picture) {
    throw new UsageError(
      `Cannot use ${path}: needs the names of its classes and the size of its pictures in the checkpoint, got ` +
        "none; a run that an older version of train made has them after one step of --resume, others in " +
        "the config that toCheckpoint is given",
    );
  }
  const { classes, picture } = config;
  const name = movedModel(config.model, moved);
  const model = await openModelFor(name, { classes: classes.length, picture });
  requireSameModel({ ...config, model: name }, { model, what: `use ${path}`, trains: false });
  const parameters = parametersOf(checkpoint, { table: model.parameters, averages });
  return { checkpoint, config, model, parameters, classes, picture };
}
