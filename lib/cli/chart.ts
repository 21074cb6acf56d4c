/**
 * Curves as lines of text.
 *
 * @module
 */

import { type Axis, formatValue, formatValues, fractionOf, valueAt } from "./axis.ts";
import { DotCanvas } from "./dots.ts";

/** One point of a curve. */
export interface Point {
  /** Where it lies from left to right. */
  readonly step: number;
  /** How high it lies; where it is not finite, the curve has a gap. */
  readonly value: number;
}

/** Options of {@linkcode chart}. */
export interface ChartOptions {
  /** Characters in a line, at most; there are never fewer than 24. */
  readonly columns: number;
  /** Lines that the curves have. Default 9. */
  readonly rows?: number;
  /** The steps at both ends. */
  readonly steps: Axis;
  /** The values at both ends; what lies beyond them is drawn there. */
  readonly values: Axis;
  /** The colour of each curve. Default: none has any. */
  readonly paint?: (text: string, curve: number) => string;
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/** Characters before the curves: a value and the axis. */
const margin = 10;

/** Curves over one another, at most 256, with the values at their left and the steps below. */
export function chart(curves: readonly (readonly Point[])[], options: ChartOptions): string[] {
  const { columns, rows = 9, steps, values, paint = (text) => text, ascii = false } = options;
  const across = Math.max(24, columns) - margin;
  const canvas = new DotCanvas({ columns: across, rows, ascii });
  const place = ({ step, value }: Point): [number, number] => [
    Math.round(fractionOf(steps, step) * (canvas.width - 1)),
    Math.round((1 - clamp(fractionOf(values, value))) * (canvas.height - 1)),
  ];
  for (const [owner, points] of curves.entries()) {
    const shown = points.filter(({ value }) => Number.isFinite(value));
    if (shown.length === 1) cross(canvas, { at: place(shown[0]), owner });
    let last: [number, number] | undefined;
    for (const point of points) {
      const next = Number.isFinite(point.value) ? place(point) : undefined;
      if (next) canvas.line(last ?? next, next, owner);
      last = next;
    }
  }
  const middle = Math.floor(rows / 2);
  const labelled = [0, middle, rows - 1];
  const labels = formatValues(labelled.map((row) => valueAt(values, 1 - row / (rows - 1))));
  const [tick, wall, corner, floor] = ascii ? "+|+-" : "┤│└─";
  return [
    ...canvas.lines(paint).map((line, row) => {
      const label = labels[labelled.indexOf(row)];
      return `${(label ?? "").padStart(margin - 2)} ${label === undefined ? wall : tick}${line}`;
    }),
    " ".repeat(margin - 1) + corner + floor.repeat(across),
    stepLabels(steps, across),
  ];
}

/** Makes a point that is alone large enough to be seen. */
function cross(
  canvas: DotCanvas,
  { at: [x, y], owner }: { at: readonly [number, number]; owner: number },
): void {
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  canvas.line([within(x - 2, canvas.width), y], [within(x + 2, canvas.width), y], owner);
  canvas.line([x, within(y - 2, canvas.height)], [x, within(y + 2, canvas.height)], owner);
}

/** Into 0 to 1; a value that has no place on a log scale lies below all others. */
function clamp(fraction: number): number {
  return Number.isNaN(fraction) ? 0 : Math.min(1, Math.max(0, fraction));
}

/** The steps at both ends, and in the middle where there is room. */
function stepLabels(steps: Axis, across: number): string {
  const [left, middle, right] = [0, 0.5, 1].map((fraction) =>
    formatValue(Math.round(valueAt(steps, fraction)))
  );
  const both = margin + left.length;
  const centre = margin + Math.round((across - middle.length) / 2);
  // A step that is rounded by more than a character's width would be told in the wrong place.
  const fits = steps.max - steps.min >= across && both + 2 <= centre &&
    centre + middle.length + 2 <= margin + across - right.length;
  const line = " ".repeat(margin) + left;
  return (fits ? line.padEnd(centre) + middle : line).padEnd(margin + across - right.length) +
    right;
}
