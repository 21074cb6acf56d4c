/**
 * The numbers that a run wrote down.
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../cli/flags.ts";
import { EventReader, withoutPurged } from "../summary/event_reader.ts";

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
  /** The numbers of each tag in the order in which they came: those of training, then of evaluation. */
  readonly byTag: ReadonlyMap<string, readonly ScalarPoint[]>;
  /** A sentence for each file that is corrupt; what came before is there. */
  readonly problems: readonly string[];
}

/**
 * Reads the event files of a run and of its evaluation. A tag that both have is called `eval/TAG` where it
 * is the evaluation's.
 *
 * @throws {UsageError} if there are no events
 */
export async function readScalars(path: string): Promise<RunScalars> {
  const { isDirectory } = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return { isDirectory: false };
    throw error;
  });
  if (!isDirectory) {
    throw new UsageError(`Cannot show ${path}: needs the directory of a run, got no directory`);
  }
  const readers = [path, join(path, "eval")].map((directory) => new EventReader(directory));
  const [training, evaluation] = await Promise.all(
    readers.map(async (reader) => withoutPurged(await reader.poll())),
  );
  const problems = readers.flatMap((reader) => reader.problems);
  if (training.length + evaluation.length + problems.length === 0) {
    throw new UsageError(
      `Cannot show ${path}: needs event files in it or in its folder eval, got none; ` +
        "train writes them into --train-dir",
    );
  }
  const byTag = scalarsOf(training);
  for (const [tag, points] of scalarsOf(evaluation)) {
    byTag.set(byTag.has(tag) ? `eval/${tag}` : tag, points);
  }
  return { path, byTag, problems };
}

function scalarsOf(events: ReturnType<typeof withoutPurged>): Map<string, ScalarPoint[]> {
  const byTag = new Map<string, ScalarPoint[]>();
  for (const { step, wallTime, values = [] } of events) {
    for (const value of values) {
      if (!("scalar" in value)) continue;
      const points = byTag.get(value.tag) ?? [];
      byTag.set(value.tag, points);
      points.push({ step, wallTime, value: value.scalar });
    }
  }
  return byTag;
}
