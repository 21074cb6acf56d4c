/**
 * Learning rates over steps.
 *
 * @module
 */

/** The learning rate at a step, counted from 0. */
export type Schedule = (step: number) => number;

/** Options of {@linkcode staircase}. */
export interface StaircaseOptions {
  /** The rate of the first stair. */
  readonly initial: number;
  /** What the rate is multiplied by from stair to stair. */
  readonly factor: number;
  /** Steps on a stair. */
  readonly every: number;
}

/**
 * Exponential decay in stairs: `η = initial · factor^⌊step / every⌋`.
 *
 * @throws {RangeError} if `every` is not at least 1
 *
 * @example
 * ```ts
 * import { staircase } from "@tower/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rate = staircase({ initial: 0.1, factor: 0.1, every: 136_718 });
 * assertAlmostEquals(rate(136_717), 0.1);
 * assertAlmostEquals(rate(136_718), 0.01);
 * ```
 */
export function staircase({ initial, factor, every }: StaircaseOptions): Schedule {
  if (!(every >= 1)) {
    throw new RangeError(
      `Cannot make a staircase schedule: needs at least 1 step on a stair, got ${every}`,
    );
  }
  return (step) => initial * factor ** Math.floor(step / every);
}
