/**
 * The scalars of event files, put in order.
 *
 * @module
 */
import type { SummaryEvent } from "./event.ts";

/** The points of a scalar, in the order of their steps. */
export interface Series {
  /** Steps, each once. */
  readonly steps: number[];
  /** Values at them. */
  readonly values: number[];
  /** When they were written, in seconds since 1970. */
  readonly times: number[];
}

/**
 * Keeps the scalars that count: where a run went on from a step, none that earlier sessions wrote of that
 * step and later ones; of several values at one step the one that was written last.
 *
 * @example
 * ```ts
 * import { EventReader, EventWriter, ScalarLog } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * using writer = await EventWriter.open(directory);
 * for (const step of [0, 10]) {
 *   writer.write({ wallTime: step, step, values: [{ tag: "loss", scalar: 4 - step / 10 }] });
 * }
 * const log = new ScalarLog();
 * for (const event of await new EventReader(directory).poll()) log.take(event);
 * assertEquals(log.byTag.get("loss"), { steps: [0, 10], values: [4, 3], times: [0, 10] });
 * ```
 */
export class ScalarLog {
  readonly #byTag = new Map<string, Series>();
  /** Points of steps that came before, which wait to be put where they belong. */
  readonly #late = new Map<string, Point[]>();

  /** The series by tag, each with a point at least. */
  get byTag(): ReadonlyMap<string, Series> {
    this.#settle();
    return this.#byTag;
  }

  /** Takes in an event; says whether it changed more than the ends of series. */
  take({ started, step, wallTime: time, values = [] }: SummaryEvent): boolean {
    if (started) this.#settle();
    let changed = started === true && this.#forgetFrom(step);
    for (const value of values) {
      if (!("scalar" in value)) continue;
      const { tag, scalar } = value;
      const series = this.#byTag.get(tag) ?? { steps: [], values: [], times: [] };
      this.#byTag.set(tag, series);
      const point = { step, time, value: scalar };
      if (series.steps.length === 0 || series.steps.at(-1)! < step) push(series, point);
      else {
        const late = this.#late.get(tag) ?? [];
        this.#late.set(tag, late);
        late.push(point);
        changed = true;
      }
    }
    return changed;
  }

  /** Puts all late points where they belong, at once: each by itself would move all behind it. */
  #settle(): void {
    for (const [tag, late] of this.#late) putAll(this.#byTag.get(tag)!, late);
    this.#late.clear();
  }

  #forgetFrom(from: number): boolean {
    let forgot = false;
    for (const [tag, { steps, values, times }] of this.#byTag) {
      const kept = placeOf(steps, from);
      if (kept < steps.length) forgot = true;
      for (const column of [steps, values, times]) column.length = kept;
      if (kept === 0) this.#byTag.delete(tag);
    }
    return forgot;
  }
}

/** A value of a step. */
interface Point {
  readonly step: number;
  readonly time: number;
  readonly value: number;
}

/** Puts points where they belong; of several at one step the last counts. */
function putAll(series: Series, late: readonly Point[]): void {
  const { steps, values, times } = series;
  const from = placeOf(steps, late.reduce((least, { step }) => Math.min(least, step), Infinity));
  const moved = steps.slice(from)
    .map((step, i): Point => ({ step, time: times[from + i], value: values[from + i] }));
  for (const column of [steps, values, times]) column.length = from;
  const points = [...moved, ...late].sort((a, b) => a.step - b.step);
  points.forEach((point, i) => {
    if (points[i + 1]?.step !== point.step) push(series, point);
  });
}

function push({ steps, values, times }: Series, { step, time, value }: Point): void {
  steps.push(step);
  values.push(value);
  times.push(time);
}

/** How many of the steps, which are in order, come before one. */
function placeOf(steps: readonly number[], step: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
