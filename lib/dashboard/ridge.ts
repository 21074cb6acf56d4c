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
  /** The step of each row. */
  readonly steps: readonly number[];
  /** For each step the share of the numbers in each bin. */
  readonly rows: readonly (readonly number[])[];
}

/** Bins in a row, and rows at most: more than there is room to draw. */
const bins = 60, mostRows = 48;

/**
 * Histograms of buckets of growing width as rows of equal bins; what is in a bucket is spread evenly over
 * it.
 */
export function ridgeOf(all: readonly Dated<Histogram>[]): Ridge {
  const histograms = spread(all.filter(({ value }) => value.num > 0), mostRows);
  let min = Math.min(...histograms.map(({ value }) => value.min));
  let max = Math.max(...histograms.map(({ value }) => value.max));
  if (histograms.length === 0) [min, max] = [0, 1];
  if (min === max) [min, max] = [min - 0.5, max + 0.5];
  const width = (max - min) / bins;
  const rows = histograms.map(({ value }) => {
    const row = new Array<number>(bins).fill(0);
    value.counts.forEach((count, i) => {
      if (count <= 0) return;
      const low = Math.max(value.min, i === 0 ? -Infinity : value.limits[i - 1]);
      const high = Math.max(low, Math.min(value.max, value.limits[i]));
      const place = (x: number) => Math.min(bins - 1, Math.max(0, Math.floor((x - min) / width)));
      const [first, last] = [place(low), place(high)];
      for (let bin = first; bin <= last; bin++) {
        const overlap = Math.min(high, min + (bin + 1) * width) - Math.max(low, min + bin * width);
        const share = first === last ? 1 : Math.max(0, overlap) / (high - low);
        row[bin] += count / value.num * share;
      }
    });
    return row;
  });
  return { min, max, steps: histograms.map(({ step }) => step), rows };
}

/** So many of a list at most, evenly spread, the first and the last among them. */
function spread<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from(
    { length: most },
    (_, i) => list[Math.round(i * (list.length - 1) / (most - 1))],
  );
}
