/**
 * The run that `train` goes on with.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import { type Checkpoint, loadCheckpoint, newestCheckpoint } from "../train/checkpoint.ts";
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
 * @throws {Error} if it does not say what the run is
 */
export async function readRun(path: string): Promise<FoundRun> {
  const file = (await newestCheckpoint(path))!.path; // the directory was claimed as one with a run
  const checkpoint = await loadCheckpoint(file);
  const { config } = checkpoint.metadata;
  if (!config) {
    throw new Error(`Cannot resume from ${file}: needs the run's configuration in it, got none`);
  }
  const { dataDir } = await readNotes(path);
  return { file, checkpoint, config: JSON.parse(config), dataDir };
}
