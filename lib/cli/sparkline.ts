/**
 * A curve in one line of text.
 *
 * @module
 */

const blocks = "▁▂▃▄▅▆▇█", asciiBlocks = "_.-=^";

/** Options of {@linkcode sparkline}. */
export interface SparklineOptions {
  /** Characters in the line, at most. */
  readonly width: number;
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/**
 * Numbers as blocks of eight heights (five in ASCII), the least lowest, the greatest highest; on a log
 * scale where all are above 0. Where there are more numbers than characters, neighbours are averaged.
 *
 * @throws {RangeError} if a number is not finite
 */
export function sparkline(
  values: readonly number[],
  { width, ascii = false }: SparklineOptions,
): string {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new RangeError(`Cannot draw a curve: needs finite numbers, got ${bad}`);
  }
  const cells = averaged(values, Math.min(width, values.length));
  const heights = cells.every((value) => value > 0) ? cells.map(Math.log) : cells;
  const least = Math.min(...heights), span = Math.max(...heights) - least;
  const letters = ascii ? asciiBlocks : blocks;
  const top = letters.length - 1;
  return heights.map((height) => letters[span > 0 ? Math.round((height - least) / span * top) : 0])
    .join("");
}

/** Means of so many stretches of equal length. */
function averaged(values: readonly number[], cells: number): number[] {
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell, cell + 1].map((at) => Math.floor(at / cells * values.length));
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
}

/** A curve of all that came so far, in memory that does not grow. */
export class Curve {
  static readonly #most = 128;
  #means: number[] = [];
  #stride = 1;
  #sum = 0;
  #count = 0;

  /** Appends a number; one that is not finite is left out. */
  push(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#sum += value;
    if (++this.#count < this.#stride) return;
    this.#means.push(this.#sum / this.#count);
    [this.#sum, this.#count] = [0, 0];
    if (this.#means.length < Curve.#most) return;
    this.#means = averaged(this.#means, Curve.#most / 2);
    this.#stride *= 2;
  }

  /** Means of stretches of equal length, from the first number on. */
  get values(): readonly number[] {
    return this.#means;
  }
}
