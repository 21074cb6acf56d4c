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
 */
export function averageDecayAt(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}

/**
 * Corrects a moving average that started at zero: `avg / (1 − decay^count)` after `count` moves
 * (Kingma and Ba, 2014, section 3).
 */
export function biasCorrected(
  average: number,
  { decay, count }: { decay: number; count: number },
): number {
  return count === 0 ? 0 : average / (1 - decay ** count);
}
