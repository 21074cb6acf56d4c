/**
 * Shapes and layouts, checked when a model is built.
 *
 * @module
 */

/** How the axes of a tensor are ordered: pictures `N H W C`, or rows of features `N C`. */
export type Layout = "NHWC" | "NC";

/** Sizes along the axes of a layout, batch first. */
export type Shape<L extends Layout = Layout> = L extends "NHWC"
  ? readonly [N: number, H: number, W: number, C: number]
  : readonly [N: number, C: number];

/** Sizes of one example: a shape without its batch axis. */
export type ExampleShape<L extends Layout = Layout> = L extends "NHWC"
  ? readonly [H: number, W: number, C: number]
  : readonly [C: number];

/** A model whose sizes do not fit, said in one sentence: layer, axis, expected and got. */
export class ShapeError extends Error {
  /** The name of the class. */
  override readonly name: string = "ShapeError";
}

/**
 * The number of elements of a tensor.
 *
 * @example
 * ```ts
 * import { sizeOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sizeOf([128, 24, 24, 3]), 221_184);
 * ```
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as people write it: `128×24×24×3`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/**
 * Requires a whole number of at least `least`.
 *
 * @throws {ShapeError} that names the layer, what the number is for, and what came
 *
 * @example
 * ```ts
 * import { requireSize, ShapeError } from "@tower/nn/layers";
 * import { assertThrows } from "@std/assert";
 *
 * const build = () => requireSize("mine", "units", 2.5);
 * assertThrows(build, ShapeError, "Cannot build mine: needs units to be a whole number of at least 1, got 2.5");
 * ```
 */
export function requireSize(layer: string, what: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least) {
    throw new ShapeError(
      `Cannot build ${layer}: needs ${what} to be a whole number of at least ${least}, got ${value}`,
    );
  }
  return value;
}

/**
 * Requires one of a few words, where types do not: in JavaScript, or behind a cast.
 *
 * @throws {ShapeError} that names the layer, what the word is for, and what came
 */
export function requireWord(
  layer: string,
  what: string,
  word: unknown,
  words: readonly string[],
): void {
  if (words.some((known) => known === word)) return;
  throw new ShapeError(
    `Cannot build ${layer}: needs ${what} to be one of ${words.join(", ")}, got ${word}`,
  );
}

/** Cells added around a picture: `SAME` (odd cell after), `VALID` (none), or each side's number. */
export type Padding =
  | "SAME"
  | "VALID"
  | readonly [
    vertical: readonly [top: number, bottom: number],
    horizontal: readonly [
      left: number,
      right: number,
    ],
  ];

/** Where a window of one axis lies: cells added before the first, and the number of places. */
export interface Windowed {
  /** Cells of padding before the first. */
  readonly before: number;
  /** The number of places the window takes: the size of the output. */
  readonly size: number;
}

/**
 * Places a sliding window along one axis.
 *
 * `SAME`: `⌈size / stride⌉` places, padding split evenly with the odd cell after;
 * otherwise `⌊(before + size + after − window) / stride⌋ + 1`.
 *
 * @throws {ShapeError} if the window does not fit once, or padding is not a whole number
 *
 * @example
 * ```ts
 * import { placeWindow } from "@tower/nn/layers";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { axis: "H", size: 24, window: 3, stride: 2 } as const;
 * assertEquals(placeWindow("pool1", { ...options, padding: "SAME" }), { before: 0, size: 12 });
 * assertEquals(placeWindow("pool1", { ...options, padding: "VALID" }), { before: 0, size: 11 });
 * ```
 */
export function placeWindow(
  layer: string,
  options: { axis: "H" | "W"; size: number; window: number; stride: number; padding: Padding },
): Windowed {
  const { axis, size, window, stride, padding } = options;
  if (padding === "SAME") {
    const places = Math.ceil(size / stride);
    const total = Math.max(0, (places - 1) * stride + window - size);
    return { before: Math.floor(total / 2), size: places };
  }
  if (typeof padding === "string") requireWord(layer, "padding", padding, ["SAME", "VALID"]);
  const [before, after] = padding === "VALID" ? [0, 0] : padding[axis === "H" ? 0 : 1];
  for (const cells of [before, after]) requireSize(layer, `padding along axis ${axis}`, cells, 0);
  const places = Math.floor((before + size + after - window) / stride) + 1;
  if (places < 1) {
    throw new ShapeError(
      `Cannot build ${layer}: needs a window of at most ${
        before + size + after
      } along axis ${axis} ` +
        `(${size} with its padding), got ${window}`,
    );
  }
  return { before, size: places };
}

/**
 * A size given once for both axes, or as `[vertical, horizontal]`.
 *
 * @throws {ShapeError} if one is not a positive whole number
 */
export function requirePair(
  layer: string,
  what: string,
  value: number | readonly [number, number],
): readonly [number, number] {
  const [vertical, horizontal] = typeof value === "number" ? [value, value] : value;
  return [
    requireSize(layer, `the height of ${what}`, vertical),
    requireSize(layer, `the width of ${what}`, horizontal),
  ];
}
