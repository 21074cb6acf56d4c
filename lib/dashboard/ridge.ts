/**
 * Histograms over time, on one scale, to be drawn one behind the other.
 *
 * @module
 */
import type { Histogram } from "../summary/histogram.ts";
import type { Dated } from "./event_log.ts";

/** Histograms of one tensor with bins of equal width, the same for all of them. */
export interface Ridge {
  /** The lower end of the first bin. */
  readonly min: number;
  /** The upper end of the last. */
  readonly max: number;
  /** The least of all numbers, and the greatest. */
  readonly extremes: readonly [least: number, greatest: number];
  /** The step of each row. */
  readonly steps: readonly number[];
  /** For each step the share of the numbers in each bin, zeros left out. */
  readonly rows: readonly (readonly number[])[];
  /** For each step the share of zeros: behind a ReLU they are so many that all else would be flat. */
  readonly zeros: readonly number[];
  /** For each step the share of numbers below the first bin, and above the last. */
  readonly outside: readonly (readonly [below: number, above: number])[];
}

/** Bins in a row, and rows at most: more than there is room to draw. */
const bins = 80, mostRows = 48;

/** What may lie outside on either side, of all steps together: a few outliers would flatten the rest. */
const tail = 0.01;

/** A scale that is not at least so much shorter without the tails has them. */
const worthwhile = 0.8;

/** The part of a histogram between two numbers, as a share of all. */
interface Slice {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

/**
 * Histograms of buckets of growing width as rows of equal bins; what is in a bucket is spread evenly over
 * it. Bins reach as far as nearly all numbers that are not zero do.
 */
export function ridgeOf(all: readonly Dated<Histogram>[]): Ridge {
  const histograms = spread(all.filter(({ value }) => value.num > 0), mostRows);
  const least = Math.min(...histograms.map(({ value }) => value.min));
  const greatest = Math.max(...histograms.map(({ value }) => value.max));
  const extremes = histograms.length === 0 ? [0, 0] as const : [least, greatest] as const;
  const parts = histograms.map(({ value }) => slicesOf(value));
  const [min, max] = scaleOf(parts.flatMap(({ slices }) => slices), extremes);
  const end = max + 1e-6 * (max - min); // what is exactly the greatest lies in the last bin
  return {
    min,
    max,
    extremes,
    steps: histograms.map(({ step }) => step),
    rows: parts.map(({ slices }) => rowOf(slices, [min, end])),
    zeros: parts.map(({ zeros }) => zeros),
    outside: parts.map(({ slices }) => [
      sum(slices.map((slice) => shareWithin(slice, [-Infinity, min]))),
      sum(slices.map((slice) => shareWithin(slice, [end, Infinity]))),
    ]),
  };
}

/** Zero has a bucket with the numbers up to 10⁻¹². */
const zeroLimit = 1.01e-12;

function slicesOf(
  { min, max, num, limits, counts }: Histogram,
): { slices: Slice[]; zeros: number } {
  const slices: Slice[] = [];
  let zeros = 0;
  counts.forEach((count, i) => {
    if (!(count > 0)) return;
    const share = count / num;
    if (limits[i] > 0 && limits[i] <= zeroLimit) return zeros += share;
    const low = Math.max(min, i === 0 ? -Infinity : limits[i - 1]);
    slices.push({ low, high: Math.max(low, Math.min(max, limits[i])), share });
  });
  return { slices, zeros };
}

/** Where the bins begin and end. */
function scaleOf(
  slices: readonly Slice[],
  [least, greatest]: readonly [number, number],
): [min: number, max: number] {
  const reach = (from: readonly Slice[], end: (slice: Slice) => number): number => {
    let left = tail * sum(slices.map(({ share }) => share));
    for (const slice of from) {
      left -= slice.share;
      if (left < 0) return end(slice);
    }
    return NaN;
  };
  if (slices.length === 0) return around(least, greatest);
  const low = reach(slices.toSorted((a, b) => a.low - b.low), ({ low }) => low);
  const high = reach(slices.toSorted((a, b) => b.high - a.high), ({ high }) => high);
  const all = around(
    Math.min(...slices.map(({ low }) => low)),
    Math.max(...slices.map(({ high }) => high)),
  );
  const [min, max] = around(low, high);
  return toZero(max - min < worthwhile * (all[1] - all[0]) ? [min, max] : all);
}

/** A range that begins or ends near zero reaches it, as people look for that. */
function toZero([min, max]: [number, number]): [number, number] {
  const near = 0.2 * (max - min);
  return [min > 0 && min < near ? 0 : min, max < 0 && max > -near ? 0 : max];
}

/** A range; one of no width is given some. */
function around(min: number, max: number): [number, number] {
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

function rowOf(slices: readonly Slice[], [min, max]: readonly [number, number]): number[] {
  const row = new Array<number>(bins).fill(0), width = (max - min) / bins;
  const place = (x: number) => Math.min(bins - 1, Math.max(0, Math.floor((x - min) / width)));
  for (const slice of slices) {
    const [first, last] = [place(slice.low), place(slice.high)];
    for (let bin = first; bin <= last; bin++) {
      row[bin] += shareWithin(slice, [min + bin * width, min + (bin + 1) * width]);
    }
  }
  return row;
}

/** How much of a slice is between two numbers; what is all in one place is on the side of the greater. */
function shareWithin({ low, high, share }: Slice, [from, to]: readonly [number, number]): number {
  if (low === high) return low >= from && low < to ? share : 0;
  return share * Math.max(0, Math.min(high, to) - Math.max(low, from)) / (high - low);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** So many of a list at most, evenly spread, the first and the last among them. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from(
    { length: most },
    (_, i) => list[Math.round(i * (list.length - 1) / (most - 1))],
  );
}
