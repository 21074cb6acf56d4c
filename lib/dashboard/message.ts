/**
 * What the page is told.
 *
 * @module
 */
import type { LogUpdate } from "./event_log.ts";

/** A run to show. */
export interface ShownRun {
  /** What the page calls it. */
  readonly name: string;
  /** Its directory; evaluations are in `eval` below it. */
  readonly directory: string;
}

/** What a look for runs gives. */
export interface FoundRuns {
  /** All that were found so far: new ones come last, and none goes away. */
  readonly runs: readonly ShownRun[];
  /** Directories that hold no run yet. */
  readonly waiting: readonly string[];
  /** A sentence for each directory that cannot be looked into. */
  readonly problems: readonly string[];
}

/** A run's logs: of training, and of evaluation. */
export const logNames = ["train", "eval"] as const;

/** One of them. */
export type LogName = typeof logNames[number];

/** A message, as the data of a server-sent event. */
export type DashboardMessage =
  | {
    /** Tells this dashboard from others at the same address; comes first. */
    readonly dashboard: string;
  }
  | FoundRuns
  | {
    /** A run's place in the list. */
    readonly run: number;
    /** Which of its logs. */
    readonly log: LogName;
    /** What is new. */
    readonly update: LogUpdate;
  }
  | {
    /** All that there was when the page came has been said. */
    readonly ready: true;
  }
  | {
    /** The dashboard ends. */
    readonly bye: {
      /** The command that shows the same again, if there is anything to show. */
      readonly again?: string;
    };
  };
