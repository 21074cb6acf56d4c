/** How close to right is right enough. */
import { AssertionError } from "@std/assert";

/**
 * The absolute error allowed a float32 result: `1e-6 · √terms · scale`. Rounding errors of a sum are
 * as good as independent, so they grow with the root of the number of terms; 1e-6 is 17 roundings.
 *
 * @param terms how many numbers were summed for one result
 * @param scale the size of the values
 */
export function bound(terms: number, scale: number): number {
  return 1e-6 * Math.sqrt(terms) * scale;
}

/** How to compare. */
export interface CloseOptions {
  /** What is compared, for the message. */
  readonly name: string;
  /** How many numbers were summed for one element. By default 1. */
  readonly terms?: number;
  /**
   * The size of the values. By default the largest of what is expected, as an element that came out
   * small by cancellation is no more exact than its neighbours.
   */
  readonly scale?: number;
  /** What the size is at least: the terms' own, where a few sums may all have come out small. By default 0. */
  readonly least?: number;
  /**
   * Multiplies the bound. Below 1 where more than float32 is asked for: {@linkcode storedDigits}.
   */
  readonly strictness?: number;
  /**
   * Besides, the share of an element by which it may be off, as it was stored as a shorter number:
   * {@linkcode f16Roundoff}. By default 0.
   */
  readonly roundoff?: number;
}

/** For values in float64 against ones stored to 9 digits: bounds of 1e-8 instead of 1e-6. */
export const storedDigits = 0.01;

/** Half the distance of neighbouring `f16` as a share of them: they have 11 significant bits. */
export const f16Roundoff: number = 2 ** -11;

/** Requires each element to be within {@linkcode bound} of what is expected. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { name, terms = 1, strictness = 1, roundoff = 0, ...options }: CloseOptions,
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError(
      `Cannot compare ${name}: needs ${expected.length} elements, got ${actual.length}`,
    );
  }
  const scale = Math.max(options.scale ?? largest(expected), options.least ?? 0);
  const allowed = (i: number) =>
    bound(terms, scale) * strictness + (roundoff && roundoff * Math.abs(expected[i]));
  let worst = -1;
  let worstExcess = -Infinity;
  let beyond = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) - allowed(i);
    const excess = Number.isNaN(difference) ? Infinity : difference; // NaN compares as never too far
    if (!(excess <= 0)) beyond++;
    if (excess > worstExcess) {
      worstExcess = excess;
      worst = i;
    }
  }
  if (beyond === 0) return;
  throw new AssertionError(
    `${name} is off in ${beyond} of ${expected.length} elements, most at ${worst}: ` +
      `got ${actual[worst]}, expected ${expected[worst]}, error ${
        Math.abs(actual[worst] - expected[worst]).toExponential(2)
      }, ` +
      `bound ${allowed(worst).toExponential(2)} (${terms} terms of size ${scale.toPrecision(3)})`,
  );
}

function largest(values: ArrayLike<number>): number {
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) size = Math.max(size, Math.abs(values[i]));
  }
  return size;
}
