/**
 * The run that `train` goes on with.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import {
  type Checkpoint,
  loadCheckpoint,
  metadataOf,
  newestCheckpoint,
} from "../train/checkpoint.ts";
import {
  readNotes,
  type RunConfig,
  RunDirectory,
  RunDirectoryError,
} from "../train/run_directory.ts";

/** A run as its newest checkpoint has it. */
export interface FoundRun {
  /** The checkpoint's file. */
  readonly file: string;
  /** What is in it. */
  readonly checkpoint: Checkpoint;
  /** What the run is. */
  readonly config: RunConfig;
  /** Where its data lay. */
  readonly dataDir?: string;
}

/**
 * Holds the directory of a run.
 *
 * @throws {UsageError} if another trainer holds it, or if it holds a run and `resume` is not set, or none
 * and it is
 */
export async function claimRun(path: string, resume: boolean): Promise<RunDirectory> {
  try {
    return await RunDirectory.claim(path, { resume });
  } catch (error) {
    throw error instanceof RunDirectoryError ? new UsageError(error.message) : error;
  }
}

/**
 * Reads the newest checkpoint of a directory that holds one.
 *
 * @throws {UsageError} if it does not say what the run is
 */
export async function readRun(path: string): Promise<FoundRun> {
  const file = (await newestCheckpoint(path))!.path; // the directory was claimed as one with a run
  const checkpoint = await loadCheckpoint(file);
  const config = configOf(checkpoint, { doing: "resume from", path: file });
  const { dataDir } = await readNotes(path);
  return { file, checkpoint, config, dataDir };
}

/**
 * The configuration of a run, out of its checkpoint.
 *
 * @param options what would be done, such as `evaluate`, with what is at which path
 * @throws {UsageError} if there is none
 * @throws {CheckpointError} if it is damaged
 */
export function configOf(
  checkpoint: Checkpoint,
  { doing, path }: { doing: string; path: string },
): RunConfig {
  const step = `the checkpoint of step ${checkpoint.step}`;
  const source = `${step} of ${path}`;
  const config = metadataOf<RunConfig>(checkpoint, { name: "config", source });
  if (typeof config?.model === "string" && typeof config.dataset === "string") return config;
  throw new UsageError(
    `Cannot ${doing} ${path}: needs what the run is, with the names of its model and data, as config in the ` +
      `metadata of ${step}, got none; toCheckpoint writes it there when it is given { config }`,
  );
}
