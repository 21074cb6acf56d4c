/**
 * What a run in training tells.
 *
 * @module
 */
import type { Timing } from "../gpu/profile.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Losses } from "./towers.ts";
import type { StepSummary } from "./watched.ts";

/** A snapshot was made. */
export interface SavedEvent {
  /** The type. */
  readonly type: "saved";
  /** The number of steps done. */
  readonly step: number;
  /** All that was learned, and that it takes to go on. */
  readonly snapshot: Snapshot;
  /** Where `save` put it, if it was called. */
  readonly path?: string;
}

/** What happened. */
export type TrainEvent =
  | {
    /** The shuffle queue is about to be filled. */
    readonly type: "filling";
    /** With at least so many examples. */
    readonly examples: number;
  }
  | {
    /** A step to report was done. */
    readonly type: "step";
    /** Which, counted from 0. */
    readonly step: number;
    /** Its losses. */
    readonly losses: Losses;
    /** Its learning rate. */
    readonly learningRate: number;
    /** Examples a second since the last report. */
    readonly examplesPerSecond: number;
    /** Seconds a batch since the last report. */
    readonly secondsPerBatch: number;
  }
  | {
    /** The kernels of a step were timed, for the summaries. */
    readonly type: "profiled";
    /** What each dispatch takes on the first tower. */
    readonly timings: readonly Timing[];
  }
  | {
    /** A step was summarized. */
    readonly type: "summary";
    /** Which, counted from 0. */
    readonly step: number;
    /** Its losses. */
    readonly losses: Losses;
    /** Its learning rate. */
    readonly learningRate: number;
    /** Examples a second since the last summary; that of the first says little. */
    readonly examplesPerSecond: number;
    /** Its tensors, and some of its pictures. */
    readonly summary: StepSummary;
    /** The classes of these pictures. */
    readonly labels: readonly number[];
  }
  | {
    /** Steps up to this one were done. */
    readonly type: "progress";
    /** The number of steps done since the run's first. */
    readonly done: number;
    /** The last total loss. */
    readonly loss: number;
  }
  | SavedEvent;
