/**
 * Where numbers lie between two ends.
 *
 * @module
 */

/** A scale with its ends; on a log scale both are above 0. */
export interface Axis {
  /** The least number. */
  readonly min: number;
  /** The greatest number; above the least. */
  readonly max: number;
  /** Whether equal factors, and not equal differences, are equally far apart. */
  readonly log: boolean;
}

/** How to choose between scales; `auto` takes the log scale for numbers above 0 that span more than 10 times. */
export type Scale = "auto" | "linear" | "log";

/** An axis that holds all finite numbers among these, with room around them where all are equal. */
export function axisOf(values: readonly number[], scale: Scale = "auto"): Axis {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) [min, max] = [0, 0];
  const log = min > 0 && (scale === "log" || scale === "auto" && max / min > 10);
  if (min < max) return { min, max, log };
  const room = Math.abs(min) / 10 || 1;
  return { min: min - room, max: max + room, log };
}

/**
 * The axis with ends, and a middle, that are round numbers: as little longer as that takes. One with a log scale
 * stays as it is.
 */
export function rounded(axis: Axis): Axis {
  if (axis.log) return axis;
  const power = 10 ** Math.floor(Math.log10((axis.max - axis.min) / mostParts));
  let best: Axis | undefined;
  for (const unit of [1, 2, 2.5, 5, 10, 20].map((unit) => unit * power)) {
    let [first, last] = [Math.floor(axis.min / unit + slack), Math.ceil(axis.max / unit - slack)];
    // A middle needs an even number of parts; what is not below 0 should not seem to be.
    if ((last - first) % 2 === 1) {
      if (first > 0 || axis.min < 0) first--;
      else last++;
    }
    if (last - first > mostParts) continue;
    const [min, max] = [first, last].map((parts) => Number((parts * unit).toPrecision(12)));
    if (!best || max - min < best.max - best.min) best = { min, max, log: false };
  }
  return best ?? axis;
}

/** An axis is not divided into more parts, so that its numbers are short. */
const mostParts = 8;

/** Numbers of 32 bits may lie that far, in parts, beyond the round number that they stand for. */
const slack = 1e-5;

/** Where a number lies: 0 at the least, 1 at the greatest. */
export function fractionOf({ min, max, log }: Axis, value: number): number {
  return log ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
}

/** The number that lies at a fraction of the way. */
export function valueAt({ min, max, log }: Axis, fraction: number): number {
  if (fraction === 1) return max;
  return log ? min * (max / min) ** fraction : min + (max - min) * fraction;
}

/** A number in three digits, or as many as its whole part has: `4.68`, `0.000123`, `1068298`. */
export function formatValue(value: number, digits = 3): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15) return String(value);
  const whole = Math.abs(value) < 1 ? 0 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return String(Number(value.toPrecision(Math.max(digits, whole))));
}

/** Numbers in the fewest digits, at least three, that tell them apart. */
export function formatValues(values: readonly number[]): string[] {
  for (let digits = 3;; digits++) {
    const texts = values.map((value) => formatValue(value, digits));
    if (digits === 15 || new Set(texts).size === new Set(values).size) return texts;
  }
}
