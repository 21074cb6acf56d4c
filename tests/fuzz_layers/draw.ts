/**
 * What random cases are drawn from: sizes that are small, because compiling is what a case costs, and odd,
 * because that is where kernels go wrong.
 *
 * @module
 */
import type { Rng } from "../../lib/rng.ts";
import type { Padding } from "../../lib/shape.ts";

/** A whole number from `low` to `high`. */
export function between(rng: Rng, low: number, high: number): number {
  return low + rng.below(high - low + 1);
}

/** One of these. */
export function oneOf<T>(rng: Rng, choices: readonly T[]): T {
  return choices[rng.below(choices.length)];
}

/** Channels: alone, odd, or in vectors of four. */
export function channels(rng: Rng): number {
  return oneOf(rng, [1, 2, 3, 4, 5, 7, 8, 12]);
}

/** A window on pictures, and its numbers in every form that layers and references take. */
export interface DrawnWindow {
  /** `[N, H, W, C]`. */
  readonly x: readonly [number, number, number, number];
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  /** The same padding, each side's. */
  readonly pads: readonly [readonly [number, number], readonly [number, number]];
}

/** Kernels up to 3×3, strides past them, paddings below them, pictures down to the least that fits. */
export function window(rng: Rng): DrawnWindow {
  const pair = (draw: (axis: 0 | 1) => number): [number, number] => [draw(0), draw(1)];
  const size = pair(() => oneOf(rng, [1, 2, 3, 3]));
  const strides = rng.below(2) ? pair(() => 1) : pair(() => between(rng, 1, 4));
  const kind = oneOf(rng, ["SAME", "VALID", "sides", "sides"] as const);
  const sides = [0, 1].map((axis) => pair(() => rng.below(size[axis])));
  const [H, W] = pair((axis) => between(rng, kind === "SAME" ? 1 : size[axis], 6));
  const same = (cells: number, axis: 0 | 1): [number, number] => {
    const places = Math.ceil(cells / strides[axis]);
    const total = Math.max(0, (places - 1) * strides[axis] + size[axis] - cells);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  const pads = {
    SAME: [same(H, 0), same(W, 1)] as const,
    VALID: [[0, 0], [0, 0]] as const,
    sides: [sides[0], sides[1]] as const,
  }[kind];
  const padding = kind === "sides" ? pads : kind;
  return { x: [between(rng, 1, 3), H, W, channels(rng)], window: size, strides, padding, pads };
}
