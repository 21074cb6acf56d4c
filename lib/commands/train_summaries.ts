/**
 * The event files of a run that `train` makes.
 *
 * @module
 */
import { join } from "@std/path";
import type { Io } from "../cli/command.ts";
import { takeBackEvaluations } from "../evaluation_summaries.ts";
import type { Model } from "../layers/sequential.ts";
import { reasonOf } from "../system_error.ts";
import { RunSummaries, type RunSummariesOptions } from "../train/run_summaries.ts";
import type { TrainEvent } from "../train/train_event.ts";
import { tellsOfStep } from "./train_report.ts";

/** What {@linkcode withSummaries} takes. */
export interface WithSummariesOptions extends RunSummariesOptions {
  /** Where the event files go. */
  readonly path: string;
  /** The network. */
  readonly model: Model<"NHWC", "NC">;
  /** Where to say that they cannot be written. */
  readonly io: Io;
}

/**
 * Hands events on, and writes of them what there is to show, and at the end how it ended; of a run that never
 * began nothing. A run does not end because its summaries cannot be written, as on a full disk: it goes on
 * without them, and says so.
 */
export async function* withSummaries(
  events: AsyncIterable<TrainEvent>,
  { path, io, ...options }: WithSummariesOptions,
): AsyncGenerator<TrainEvent, void, void> {
  let summaries: RunSummaries | undefined;
  const attempt = async (write: () => void | Promise<void>) => {
    try {
      await write();
    } catch (error) {
      io.error(`Cannot write summaries to ${path}: ${reasonOf(error)}; going on without them.`);
      summaries?.[Symbol.dispose]();
      summaries = undefined;
    }
  };
  const { startStep = 0 } = options;
  const early: TrainEvent[] = [];
  let began = false;
  const record = async (event: TrainEvent) => {
    if (!began && !tellsOfStep(event, options.startStep ?? 0)) return void early.push(event);
    const told = began ? [event] : [...early, event];
    if (!began) {
      began = true;
      summaries = await RunSummaries.open(path, options);
      // An evaluation of the checkpoint that the run goes on from still holds.
      await takeBack(join(path, "eval"), { from: startStep === 0 ? 0 : startStep + 1, io });
    }
    for (const event of told) await summaries?.record(event);
  };
  let status: "finished" | "stopped" | "failed" = "failed";
  try {
    for await (const event of events) {
      await attempt(() => record(event));
      yield event;
    }
    status = io.signal.aborted ? "stopped" : "finished";
  } catch (error) {
    if (error === io.signal.reason) status = "stopped";
    throw error;
  } finally {
    await attempt(() => summaries?.end(status));
    summaries?.[Symbol.dispose]();
  }
}

/** Takes back evaluations, or says that they stay: they may be another user's. */
async function takeBack(
  directory: string,
  { from, io }: { from: number; io: Io },
): Promise<void> {
  try {
    await takeBackEvaluations(directory, from);
  } catch (error) {
    io.error(
      `Cannot take back the evaluations in ${directory} from step ${from} on: ${reasonOf(error)}.`,
    );
  }
}
