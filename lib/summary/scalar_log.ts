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

  /** The series by tag, each with a point at least. */
  get byTag(): ReadonlyMap<string, Series> {
    return this.#byTag;
  }

  /** Takes in an event; says whether it changed more than the ends of series. */
  take({ started, step, wallTime: time, values = [] }: SummaryEvent): boolean {
    let changed = started === true && this.#forgetFrom(step);
    for (const value of values) {
      if (!("scalar" in value)) continue;
      const series = this.#byTag.get(value.tag) ?? { steps: [], values: [], times: [] };
      this.#byTag.set(value.tag, series);
      if (put(series, { step, time, value: value.scalar })) changed = true;
    }
    return changed;
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

/** Puts a point where it belongs; says whether that is not the end. */
function put(
  { steps, values, times }: Series,
  { step, time, value }: { step: number; time: number; value: number },
): boolean {
  const place = placeOf(steps, step);
  const there = steps[place] === step ? 1 : 0;
  const between = place < steps.length;
  steps.splice(place, there, step);
  values.splice(place, there, value);
  times.splice(place, there, time);
  return between;
}

/** How many steps come before one; steps mostly come in order. */
function placeOf(steps: readonly number[], step: number): number {
  let place = steps.length;
  while (place > 0 && steps[place - 1] >= step) place--;
  return place;
}
