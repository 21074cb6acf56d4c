/**
 * Histograms as TensorBoard takes them.
 *
 * @module
 */
import { positiveLimits } from "../../kernels/histogram.wgsl.ts";

/** How numbers are spread. */
export interface Histogram {
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
  /** How many. */
  readonly num: number;
  /** Their sum. */
  readonly sum: number;
  /** The sum of their squares. */
  readonly sumSquares: number;
  /** The upper end of each bucket; its lower end is that of the one before. */
  readonly limits: readonly number[];
  /** How many lie in each bucket. */
  readonly counts: readonly number[];
}

/**
 * TensorFlow's limits: `−max, …, −10⁻¹², 0, 10⁻¹², 1.1·10⁻¹², …, max`. A number belongs to the first
 * bucket whose limit is above it.
 *
 * Source: tensorflow/core/lib/histogram/histogram.cc
 */
export const bucketLimits: readonly number[] = [
  -Number.MAX_VALUE,
  ...positiveLimits.map((limit) => -limit).toReversed(),
  0,
  ...positiveLimits,
  Number.MAX_VALUE,
];

/**
 * A histogram from counts over {@linkcode bucketLimits}, without the empty buckets that say nothing: of
 * each run of them one is left, as `EncodeToProto` does.
 */
export function sparseHistogram(
  { counts, ...numbers }:
    & Omit<Histogram, "limits" | "counts">
    & { counts: ArrayLike<number> },
): Histogram {
  const limits: number[] = [], kept: number[] = [];
  for (let i = 0; i < bucketLimits.length;) {
    let end = bucketLimits[i];
    const count = counts[i++];
    if (count <= 0) {
      while (i < bucketLimits.length && counts[i] <= 0) end = bucketLimits[i++];
    }
    limits.push(end);
    kept.push(count);
  }
  return { ...numbers, limits, counts: kept };
}

/**
 * The histogram of some finite numbers.
 *
 * @example
 * ```ts
 * import { histogramOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { num, min, max, sum } = histogramOf([0.5, -1, 2]);
 * assertEquals([num, min, max, sum], [3, -1, 2, 1.5]);
 * ```
 */
export function histogramOf(values: ArrayLike<number>): Histogram {
  const counts = new Array<number>(bucketLimits.length).fill(0);
  const numbers = { min: Infinity, max: -Infinity, num: values.length, sum: 0, sumSquares: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    counts[bucketOf(value)]++;
    numbers.min = Math.min(numbers.min, value);
    numbers.max = Math.max(numbers.max, value);
    numbers.sum += value;
    numbers.sumSquares += value * value;
  }
  if (values.length === 0) numbers.min = numbers.max = 0;
  return sparseHistogram({ ...numbers, counts });
}

/** The place of the first limit above a number, by halving. */
function bucketOf(value: number): number {
  let [low, high] = [0, bucketLimits.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bucketLimits[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
