/**
 * The event files of a run that `train` makes.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import type { Model } from "../layers/sequential.ts";
import { reasonOf } from "../system_error.ts";
import { RunSummaries, type RunSummariesOptions } from "../train/run_summaries.ts";
import type { TrainEvent } from "../train/train_event.ts";

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
 * Hands events on, and writes of them what there is to show, and at the end how it ended. A run does not
 * end because its summaries cannot be written, as on a full disk: it goes on without them, and says so.
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
  await attempt(async () => void (summaries = await RunSummaries.open(path, options)));
  let status: "finished" | "stopped" | "failed" = "failed";
  try {
    for await (const event of events) {
      if (summaries) await attempt(() => summaries!.record(event));
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
