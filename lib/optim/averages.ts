/**
 * Moving averages, of parameters and of losses.
 *
 * @module
 */

/**
 * The decay of the parameters' averages at a step: `d = min(decay, (1 + step) / (10 + step))`, so that
 * early averages forget the random start quickly.
 *
 * @param step counted from 0
 *
 * @example
 * ```ts
 * import { averageDecayAt } from "@tower/nn/optim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0, 1_000_000].map((step) => averageDecayAt(step, 0.9999)), [0.1, 0.9999]);
 * ```
 */
export function averageDecayAt(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}

/**
 * Corrects a moving average that started at zero: `avg / (1 − decay^count)` after `count` moves
 * (Kingma and Ba, 2014, section 3).
 *
 * @example
 * ```ts
 * import { biasCorrected } from "@tower/nn/optim";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const average = 0.9 * 0 + 0.1 * 4; // after one move from 0 towards 4
 * assertAlmostEquals(biasCorrected(average, { decay: 0.9, count: 1 }), 4);
 * ```
 */
export function biasCorrected(
  average: number,
  { decay, count }: { decay: number; count: number },
): number {
  return count === 0 ? 0 : average / (1 - decay ** count);
}
