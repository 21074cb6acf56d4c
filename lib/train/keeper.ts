/**
 * Looks after what a run has learned.
 *
 * @module
 */
import { DeviceError } from "../gpu/device.ts";
import type { ParameterTable } from "../parameters.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TowerGroup } from "./tower_group.ts";
import type { Losses, Towers } from "./towers.ts";
import type { SavedEvent } from "./train_event.ts";

/** Training went wrong in a way that its user can mend. */
export class TrainingError extends Error {
  /** The name of the class. */
  override readonly name: string = "TrainingError";
}

/** What a {@linkcode Keeper} works with. */
export interface KeeperOptions {
  /** The parameters. */
  readonly table: ParameterTable;
  /** Whether gradients of 16 bits may overflow before the loss does. */
  readonly half: boolean;
  /** Where the run goes on from. */
  readonly resume?: Snapshot;
  /** Stores a snapshot and says where. */
  readonly save?: (snapshot: Snapshot) => Promise<string>;
  /** Seconds between saves. */
  readonly saveSeconds: number;
  /** Steps between saves. */
  readonly saveSteps: number;
  /** The processes that train together. */
  readonly group?: TowerGroup;
}

/** Saves what is finite, and says of every failure at which step it was and what was saved last. */
export class Keeper {
  readonly #towers: Towers;
  readonly #options: KeeperOptions;
  #savedAt = performance.now();
  /** Where the run goes on from. */
  readonly #startStep: number;
  /** The step of the snapshot that was made last. */
  #savedStep: number | undefined;
  #path: string | undefined;

  /** Nothing was saved yet but what the run goes on from. */
  constructor(towers: Towers, options: KeeperOptions) {
    this.#towers = towers;
    this.#options = options;
    this.#startStep = options.resume?.step ?? 0;
    this.#path = options.resume?.path;
  }

  /** Whether to save when so many steps are done, by their number. */
  isDueByStep(done: number): boolean {
    return done >= (this.#savedStep ?? this.#startStep) + this.#options.saveSteps;
  }

  /** Whether to save now, by the time. */
  isDueByTime(): boolean {
    return performance.now() - this.#savedAt > this.#options.saveSeconds * 1000;
  }

  /**
   * The losses of the last step.
   *
   * @throws {TrainingError} if a loss was not finite, or an adapter failed
   */
  async losses(done: number): Promise<Losses> {
    const losses = await this.attempt(done, () => this.#towers.losses(done));
    if (losses.firstBadStep === undefined) return losses;
    throw new TrainingError(
      `Cannot go on: the loss ${this.#options.half ? "or its gradient in f16 " : ""}` +
        `was not finite at step ${losses.firstBadStep}; ${this.#lastGood()}; ` +
        "try a lower learning rate",
    );
  }

  /**
   * What `work` gives.
   *
   * @throws {TrainingError} if an adapter failed, naming the step and what was saved last
   */
  async attempt<T>(step: number, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      const advice = this.#path ? "; --resume goes on from there" : "";
      throw new TrainingError(
        `${error.message}; that was at step ${step}, ${this.#lastGood()}${advice}`,
        { cause: error },
      );
    }
  }

  /**
   * Saves a snapshot of the towers; nothing if that of so many steps was made before. One of no steps, which the
   * run began with, is not stored again.
   *
   * @throws {TrainingError} if a number in it is not finite, or an adapter failed
   */
  async save(rest: Omit<Snapshot, "tower" | "variants">): Promise<SavedEvent | undefined> {
    const { table, save } = this.#options;
    const { step } = rest;
    if (this.#savedStep === step) return undefined;
    await this.losses(step);
    const tower = await this.attempt(step, () => this.#towers.readState());
    for (const arena of [tower.parameters, tower.averages, ...tower.slots ?? []]) {
      const bad = table.firstNotFinite(arena);
      if (bad === undefined) continue;
      throw new TrainingError(
        `Cannot go on: ${bad} was not finite after ${step} steps; ${this.#lastGood()}; ` +
          "try a lower learning rate",
      );
    }
    const snapshot: Snapshot = { ...rest, tower, variants: this.#towers.variants };
    this.#savedStep = step;
    if (step === this.#startStep) return { type: "saved", step, snapshot };
    this.#path = await save?.(snapshot) ?? this.#path;
    this.#savedAt = performance.now();
    return { type: "saved", step, snapshot, path: save && this.#path };
  }

  #lastGood(): string {
    const { group } = this.#options;
    if (group && group.rank > 0) return "rank 0 keeps the checkpoints";
    return this.#path
      ? `the last good checkpoint is ${this.#path}`
      : "no checkpoint was made before";
  }
}
