/**
 * Learning rates over steps.
 *
 * @module
 */

/** The learning rate at a step, counted from 0. */
export type Schedule = (step: number) => number;

/**
 * Always the same rate.
 *
 * @example
 * ```ts
 * import { constantRate } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(constantRate(0.01)(123), 0.01);
 * ```
 */
export function constantRate(rate: number): Schedule {
  return () => rate;
}

/** Options of {@linkcode staircase} and {@linkcode exponentialDecay}. */
export interface StaircaseOptions {
  /** The rate at first. */
  readonly initial: number;
  /** What the rate is multiplied by every so many steps. */
  readonly factor: number;
  /** So many steps, at least 1. */
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
  requireSteps("staircase", every);
  return (step) => initial * factor ** Math.floor(step / every);
}

/**
 * Smooth exponential decay: `η = initial · factor^(step / every)`.
 *
 * @throws {RangeError} if `every` is not at least 1
 *
 * @example
 * ```ts
 * import { exponentialDecay } from "@tower/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rate = exponentialDecay({ initial: 0.1, factor: 0.5, every: 100 });
 * assertAlmostEquals(rate(50), 0.1 * Math.SQRT1_2);
 * ```
 */
export function exponentialDecay({ initial, factor, every }: StaircaseOptions): Schedule {
  requireSteps("exponential", every);
  return (step) => initial * factor ** (step / every);
}

/** Options of {@linkcode cosine}. */
export interface CosineOptions {
  /** The rate at first. */
  readonly initial: number;
  /** Steps until the least rate, which stays from then on; at least 1. */
  readonly steps: number;
  /** The least rate. Default 0. */
  readonly final?: number;
}

/**
 * Half a wave of the cosine: `η = final + (initial − final) · (1 + cos(π · min(1, step / steps))) / 2`.
 *
 * Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), without restarts.
 *
 * @throws {RangeError} if `steps` is not at least 1
 *
 * @example
 * ```ts
 * import { cosine } from "@tower/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rate = cosine({ initial: 0.1, steps: 1000, final: 0.001 });
 * assertAlmostEquals(rate(500), 0.0505);
 * assertAlmostEquals(rate(5000), 0.001);
 * ```
 */
export function cosine({ initial, steps, final = 0 }: CosineOptions): Schedule {
  requireSteps("cosine", steps);
  return (step) => between(initial, final, Math.min(1, step / steps));
}

/**
 * The rates of another schedule, but for the first steps, in which they rise in a line:
 * `η = schedule(step) · min(1, (step + 1) / steps)`.
 *
 * @throws {RangeError} if `steps` is not at least 1
 *
 * @example
 * ```ts
 * import { constantRate, linearWarmup } from "@tower/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rate = linearWarmup(constantRate(0.1), 10);
 * assertAlmostEquals(rate(0), 0.01);
 * assertAlmostEquals(rate(9), 0.1);
 * ```
 */
export function linearWarmup(schedule: Schedule, steps: number): Schedule {
  requireSteps("warm-up", steps);
  return (step) => schedule(step) * Math.min(1, (step + 1) / steps);
}

/** Options of {@linkcode oneCycle}. */
export interface OneCycleOptions {
  /** The greatest rate. */
  readonly peak: number;
  /** Steps of the whole cycle, more than `1 / rise`; the last rate stays from then on. */
  readonly steps: number;
  /** The share of the steps in which the rate rises, in (0, 1). Default 0.3. */
  readonly rise?: number;
  /** The rate at first is `peak / start`. Default 25. */
  readonly start?: number;
  /** The rate at the end is that at first divided by this. Default 10,000. */
  readonly end?: number;
}

/**
 * From `peak / start` up to `peak` and down to `peak / start / end`, both along half a wave of the cosine: PyTorch's
 * `OneCycleLR`, without its cycle of the momentum.
 *
 * Source: Smith and Topin, "Super-convergence" (2018).
 *
 * @throws {RangeError} if the numbers leave no room to rise and to fall
 *
 * @example
 * ```ts
 * import { oneCycle } from "@tower/nn";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const rate = oneCycle({ peak: 0.1, steps: 100 });
 * assertAlmostEquals(rate(0), 0.004);
 * assertAlmostEquals(rate(29), 0.1);
 * assertAlmostEquals(rate(99), 0.004 / 1e4);
 * ```
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, rise = 0.3, start = 25, end = 1e4 } = options;
  const top = rise * steps - 1, last = steps - 1;
  if (!(steps >= 2 && rise > 0 && rise < 1 && top > 0)) {
    throw new RangeError(
      `Cannot make a one-cycle schedule: needs steps to rise and to fall, got ${rise} of ${steps} to rise`,
    );
  }
  const initial = peak / start;
  return (step) =>
    step <= top
      ? between(initial, peak, step / top)
      : between(peak, initial / end, Math.min(1, (step - top) / (last - top)));
}

/** From one number to another along half a wave of the cosine. */
function between(from: number, to: number, share: number): number {
  return to + (from - to) * (1 + Math.cos(Math.PI * share)) / 2;
}

function requireSteps(schedule: string, steps: number): void {
  if (steps >= 1) return;
  const article = /^[aeo]/.test(schedule) ? "an" : "a";
  throw new RangeError(
    `Cannot make ${article} ${schedule} schedule: needs at least 1 step, got ${steps}`,
  );
}
