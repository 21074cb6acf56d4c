/**
 * What `train` says while it trains.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { count, stepLine } from "../cli/format.ts";
import type { TrainEvent } from "../train/train_event.ts";

/** Where a run stands for its progress bar. */
export interface RunProgress {
  /** Steps in all. */
  readonly total: number;
  /** The step that it went on from. */
  readonly startStep: number;
  /** When, by `performance.now()`. */
  readonly started: number;
}

/** Whether an event tells of a step that was done after `startStep`, so that the run has begun. */
export function tellsOfStep(event: TrainEvent, startStep: number): boolean {
  if (event.type === "saved") return event.step > startStep;
  return event.type !== "filling" && event.type !== "profiled";
}

/** Says what an event means to somebody who watches. */
export function report(
  event: TrainEvent,
  io: Io,
  { total, startStep, started }: RunProgress,
): void {
  switch (event.type) {
    case "filling":
      io.log(
        `Filling queue with ${count(event.examples, "image")} before starting to train. ` +
          "This will take a few seconds.",
      );
      break;
    case "progress": {
      const elapsedSeconds = (performance.now() - started) / 1000;
      io.progress({ step: event.done, total, startStep, elapsedSeconds, loss: event.loss });
      break;
    }
    case "step":
      io.log(stepLine({ ...event, loss: event.losses.raw.total_loss }));
      break;
    case "saved":
      if (event.path) io.error(`Saved ${event.path}.`);
      break;
  }
}
