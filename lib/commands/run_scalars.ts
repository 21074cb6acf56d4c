/**
 * The numbers that a run wrote down.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../cli/flags.ts";
import { EventReader } from "../summary/event_reader.ts";
import { ScalarLog } from "../summary/scalar_log.ts";

/** A number of a step. */
export interface ScalarPoint {
  /** The step. */
  readonly step: number;
  /** When, in seconds since 1970. */
  readonly wallTime: number;
  /** The number. */
  readonly value: number;
}

/** What a run says of itself in numbers. */
export interface RunScalars {
  /** Its directory. */
  readonly path: string;
  /** The numbers of each tag: those of training, then of evaluation. */
  readonly byTag: ReadonlyMap<string, readonly ScalarPoint[]>;
  /** A sentence for each file that is corrupt or cannot be read; what came before is there. */
  readonly problems: readonly string[];
}

/**
 * Reads the event files of a run and of its evaluation. A tag that both have is called `eval/TAG` where it
 * is the evaluation's.
 *
 * @throws {UsageError} if there are no events
 * @throws {unknown} the signal's reason, once it aborts
 */
export async function readScalars(
  path: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<RunScalars> {
  const { isDirectory } = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return { isDirectory: false };
    throw error;
  });
  if (!isDirectory) {
    throw new UsageError(`Cannot show ${path}: needs the directory of a run, got no directory`);
  }
  const [training, evaluation] = await Promise.all(
    [path, join(path, "eval")].map((directory) => readLog(directory, signal)),
  );
  const problems = [...training.problems, ...evaluation.problems];
  if (!training.anything && !evaluation.anything && problems.length === 0) {
    throw new UsageError(
      `Cannot show ${path}: needs event files in it or in its folder eval, got none; ` +
        "train writes them into --train-dir",
    );
  }
  const byTag = new Map(training.byTag);
  for (const [tag, points] of evaluation.byTag) {
    byTag.set(byTag.has(tag) ? `eval/${tag}` : tag, points);
  }
  return { path, byTag, problems };
}

/** What one directory's event files say in numbers. */
interface DirectoryScalars extends Omit<RunScalars, "path"> {
  /** Whether they say anything. */
  readonly anything: boolean;
}

async function readLog(directory: string, signal?: AbortSignal): Promise<DirectoryScalars> {
  const reader = new EventReader(directory), log = new ScalarLog();
  let anything = false;
  for await (const event of reader.read()) {
    signal?.throwIfAborted();
    log.take(event);
    anything = true;
  }
  const byTag = new Map(
    [...log.byTag].map(([tag, { steps, times, values }]) => [
      tag,
      steps.map((step, i) => ({ step, wallTime: times[i], value: values[i] })),
    ]),
  );
  return { byTag, problems: reader.problems, anything };
}
