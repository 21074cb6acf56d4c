/**
 * What the training loop knows of the towers of a run.
 *
 * @module
 */
import type { StepNumbers } from "../../kernels/step.wgsl.ts";
import type { Batch } from "../data/batch.ts";
import type { Timing } from "../gpu/profile.ts";
import type { Variants } from "../gpu/recorder.ts";
import type { StepSummary } from "./watched.ts";

/** Losses by name, `total_loss` last. */
export interface Losses {
  /** Of the last step. */
  readonly raw: Readonly<Record<string, number>>;
  /** Moving averages with decay 0.9, corrected for their start. */
  readonly averaged: Readonly<Record<string, number>>;
  /** The first step whose total, or gradient of `f16` activations, was not finite, if any. */
  readonly firstBadStep: number | undefined;
}

/** What the towers hold that a checkpoint needs. */
export interface TowerState {
  /** The parameters' arena. */
  readonly parameters: Float32Array;
  /** Their moving averages. */
  readonly averages: Float32Array;
  /** Moving averages of the losses, not corrected for their start. */
  readonly lossAverages: Float32Array;
  /** The optimizer's arrays in their order, each as long as the trained part of the arena. Default: zeros. */
  readonly slots?: readonly Float32Array[];
}

/** What a step may be asked for. */
export interface StepOptions {
  /** A summary, to be read before the next. Default: none. */
  readonly summary?: boolean;
}

/** The towers of a run with their parameters, wherever these live. */
export interface Towers extends Disposable {
  /** The losses' names, `total_loss` last. */
  readonly lossNames: readonly string[];
  /** The kernel variants that each tower runs, those of all processes in their order. */
  readonly variants: readonly Variants[];
  /** Takes a step on a batch for all towers, one after the other in it; need not wait for its end. */
  step(
    batch: Pick<Batch, "images" | "labels">,
    numbers: Omit<StepNumbers, "firstExample">,
    options?: StepOptions,
  ): void | Promise<void>;
  /**
   * Waits for all steps taken so far and gives the losses of the last.
   *
   * @param steps how many steps the run has done since its first, for the averages
   */
  losses(steps: number): Promise<Losses>;
  /**
   * Waits for all steps taken so far and gives the first tower's summary of the last that was asked for
   * one.
   *
   * @throws {TypeError} if they were not made to give summaries
   */
  readSummary(): Promise<StepSummary>;
  /**
   * What every dispatch of a step takes on the first tower. Steps are taken for that, on whatever is there:
   * {@linkcode Towers.writeState} has to follow.
   */
  profile(): Promise<readonly Timing[]>;
  /** Waits for all steps taken so far and gives what a checkpoint needs. */
  readState(): Promise<TowerState>;
  /** Goes on from a state; no step from it on was bad yet. */
  writeState(state: TowerState): void;
}
