// What a chart draws, in the words of uPlot.

import { placeAt } from "./curves.js";
import { cssValue, seriesColor } from "./dom.js";
import { formatCount, formatTime, formatValue } from "./format.js";

/** @type {any} */
const UPlot = /** @type {any} */ (globalThis).uPlot;

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {{ points: import("./curves.js").Points, values: readonly (number | null)[],
 *   style: { label: string, stroke: string, width: number, dash: readonly number[] } }} Line
 */

/** Dashes by number. */
export const dashPatterns = [[], [7, 3], [2, 3], [10, 3, 2, 3], [4, 2, 1, 2]];

/** Behind a colour: a third of its strength. */
const faint = "5c";

/** Curves of fewer points show each. */
const fewPoints = 13;

/**
 * The lines of curves: all raw ones first, so that averages lie above.
 *
 * @param {readonly Curve[]} curves
 * @param {{ log: boolean }} options
 * @returns {Line[]}
 */
export function linesOf(curves, { log }) {
  const positive = (/** @type {readonly (number | null)[]} */ values) =>
    log ? values.map((value) => value !== null && value > 0 ? value : null) : values;
  const raw = curves.flatMap(({ raw, label, color }) =>
    raw
      ? [{
        points: raw,
        values: positive(raw.values),
        style: { label: `${label} (raw)`, stroke: seriesColor(color) + faint, width: 1, dash: [] },
      }]
      : []
  );
  const averaged = curves.map((curve) => ({
    points: curve,
    values: positive(curve.values),
    style: {
      label: curve.label,
      stroke: seriesColor(curve.color),
      width: 2,
      dash: dashPatterns[curve.dash],
    },
  }));
  return [...raw, ...averaged];
}

/** @param {readonly Line[]} lines */
export function dataOf(lines) {
  return UPlot.join(lines.map(({ points, values }) => [points.xs, values]));
}

/**
 * @param {readonly Line[]} lines
 * @param {{ axis: "step" | "time", log: boolean, share: boolean,
 *   range: import("./axis_range.js").AxisRange, hover: (plot: any) => void,
 *   pointed: () => number | undefined }} options `pointed` is where others point at
 */
export function optionsOf(lines, { axis, log, share, range, hover, pointed }) {
  const [text, line] = [cssValue("--muted"), cssValue("--line")];
  const axisStyle = {
    stroke: text,
    font: "12px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 5 },
  };
  const limit = (/** @type {number} */ hard) => ({ pad: 0.1, soft: hard, hard, mode: 3 });
  return {
    legend: { show: false },
    scales: {
      x: { time: false, range: () => [range.shown.min, range.shown.max] },
      y: { distr: log ? 3 : 1, ...share && { range: { min: limit(0), max: limit(1) } } },
    },
    padding: [8, 22, 0, 0],
    cursor: {
      y: false,
      drag: { setScale: false, x: true, y: false, dist: 4 },
      bind: { dblclick: () => () => range.all() },
      points: { size: 7 },
      dataIdx: (/** @type {any} */ plot, /** @type {number} */ i, /** @type {number} */ closest) =>
        i === 0 ? closest : indexOf(plot, lines[i - 1], i, pointed() ?? plot.data[0][closest]),
    },
    hooks: {
      setCursor: [hover],
      setSelect: [(/** @type {any} */ plot) => selectPart(plot, range)],
    },
    axes: [
      {
        ...axisStyle,
        size: 34,
        values: (/** @type {any} */ _, /** @type {number[]} */ ticks) =>
          axis === "step"
            ? ticks.map((step) => Number.isInteger(step) ? formatCount(step) : "")
            : ticks.map((tick) => formatTime(tick, ticks.length > 1 ? ticks[1] - ticks[0] : 60)),
        space: 64,
        incrs: axis === "step" ? undefined : timeTicks,
      },
      {
        ...axisStyle,
        size: 58,
        values: (/** @type {any} */ _, /** @type {(number | null)[]} */ values) =>
          values.map((value) => value === null ? "" : formatValue(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ style, points }) => ({
        ...style,
        spanGaps: true,
        points: {
          show: points.xs.length < fewPoints && style.width > 1,
          size: 6,
          fill: style.stroke,
        },
      })),
    ],
  };
}

/** Seconds that ticks of a time are apart. */
const timeTicks = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
  ...[1, 2, 3, 6, 12, 24, 48, 96, 240, 480, 960].map((hours) => 3600 * hours),
];

/** Where the value of a line lies in the data that the legend tells at a place. @param {any} plot @param {Line} line @param {number} i @param {number} x */
function indexOf(plot, { points }, i, x) {
  const place = placeAt(points, x);
  if (place === undefined) return null;
  const index = plot.valToIdx(points.xs[place]);
  return plot.data[i][index] === undefined ? null : index;
}

/** @param {any} plot @param {import("./axis_range.js").AxisRange} range */
function selectPart(plot, range) {
  const { left, width } = plot.select;
  if (width === 0) return;
  const [min, max] = [left, left + width].map((x) => plot.posToVal(x, "x"));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  range.select({ min, max });
}
