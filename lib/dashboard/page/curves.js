// Which curves the charts show.

import { subjectOf } from "./texts.js";

/**
 * Points in the order of their places on the axis.
 *
 * @typedef {{ xs: readonly number[], steps: readonly number[], values: readonly (number | null)[] }} Points
 *
 * A curve: of a run (`column`), and of something of it (`row`). Its colour and its dashes are numbers of
 * lists; `raw` is what it is the average of, as the event files have it.
 *
 * @typedef {Points & { label: string, row: string, column: string, color: number, dash: number,
 *   raw?: Points }} Curve
 *
 * @typedef {import("./runs.js").Run} Run
 * @typedef {import("./runs.js").Series} Series
 * @typedef {{ axis: "step" | "time", smoothing: number, hidden: ReadonlySet<number> }} View
 */

/** Tags with a chart of their own. */
export const ownCharts = ["total_loss", "learning_rate", "examples/sec"];

/** Colours and dashes that there are. */
const colors = 8, dashes = 5;

/** @param {string} tag */
const isSparsity = (tag) => tag.endsWith("/sparsity");

/** The curves of a tag, one of each run. @param {readonly Run[]} runs @param {string} tag @param {View} view */
export function curvesOf(runs, tag, view) {
  const several = runs.length > 1;
  return visible(runs, view).flatMap((run) =>
    curve(run, run.train, tag, view, {
      label: several ? run.name : tag,
      row: tag,
      column: run.name,
      color: run.id,
      dash: dashOf(run),
    })
  );
}

/** Precision @ 1 of each run, and of each of its evaluations. @param {readonly Run[]} runs @param {View} view */
export function precisionCurves(runs, view) {
  const tags = tagsOf(runs, (run) => run.eval, (tag) => /^precision @ 1(?: \(.*\))?$/.test(tag))
    .sort();
  const named = tags.map((tag) => [tag, tags.length > 1 ? subjectOf(tag) : tag]);
  return parted(runs, named, view, (run) => run.eval);
}

/** All other losses. @param {readonly Run[]} runs @param {View} view */
export function partCurves(runs, view) {
  const isPart = (/** @type {string} */ tag) =>
    !ownCharts.includes(tag) && !tag.endsWith(" (raw)") && !isSparsity(tag);
  const tags = tagsOf(runs, (run) => run.train, isPart);
  return parted(runs, tags.map((tag) => [tag, tag]), view, (run) => run.train);
}

/** The share of zeros in the layers of a run. @param {Run} run @param {View} view */
export function sparsityCurves(run, view) {
  const tags = [...run.train.scalars.keys()].filter(isSparsity);
  const named = tags.map((tag) => [tag, tag.replace(/\/sparsity$/, "")]);
  return parted([run], named, { ...view, hidden: new Set() }, ({ train }) => train);
}

/** The dashes of a run's curve, one of several: where colours come again they are others, as far as there are. @param {Run} run @param {number} [curves] @param {number} [index] */
function dashOf({ id }, curves = 1, index = 0) {
  return (curves * Math.floor(id / colors) + index) % dashes;
}

/** Curves that a chart shows at most: many more would hold up the page. */
const mostCurves = 400;

/** As many of some curves as a chart shows: the first things of all runs. @param {readonly Curve[]} curves */
export function asManyAsFit(curves) {
  if (curves.length <= mostCurves) return curves;
  const [rows, columns] = [curves.map(({ row }) => row), curves.map(({ column }) => column)]
    .map((names) => [...new Set(names)]);
  const kept = new Set(rows.slice(0, Math.max(1, Math.floor(mostCurves / columns.length))));
  return curves.filter(({ row }) => kept.has(row));
}

/** The last place of a curve's points that is not beyond `x`, if `x` is in its range. @param {Points} points @param {number} x */
export function placeAt({ xs }, x) {
  if (xs.length === 0 || x < xs[0] || x > xs[xs.length - 1]) return undefined;
  let [low, high] = [0, xs.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (xs[middle] <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The place that a key press points at: the one beside what is pointed at, or the first or last that is shown.
 *
 * @param {readonly number[]} xs
 * @param {{ pointed: number | undefined, shown: { min: number, max: number }, by: -1 | 1 }} where
 */
export function nextPlace(xs, { pointed, shown: { min, max }, by }) {
  const last = (/** @type {number} */ x) => placeAt({ xs, steps: [], values: [] }, x);
  const within = (/** @type {number} */ at) => Math.min(xs.length - 1, Math.max(0, at));
  if (pointed !== undefined) return within((last(pointed) ?? 0) + by);
  if (by < 0) return max < xs[0] ? 0 : last(max) ?? xs.length - 1;
  const first = xs.findIndex((x) => x >= min);
  return first < 0 ? xs.length - 1 : first;
}

/**
 * Curves of several things: told apart by colours, and, where these are for runs, by dashes.
 *
 * @param {readonly Run[]} runs
 * @param {readonly string[][]} named tags and what they are called
 * @param {View} view
 * @param {(run: Run) => import("./runs.js").Log} logOf
 */
function parted(runs, named, view, logOf) {
  const several = runs.length > 1;
  return visible(runs, view).flatMap((run) =>
    named.flatMap(([tag, row], index) =>
      curve(run, logOf(run), tag, view, {
        label: !several ? row : named.length === 1 ? run.name : `${run.name} ${row}`,
        row,
        column: run.name,
        color: several ? run.id : index,
        dash: several ? dashOf(run, named.length, index) : Math.floor(index / colors) % dashes,
      })
    )
  );
}

/**
 * @param {Run} run
 * @param {import("./runs.js").Log} log
 * @param {string} tag
 * @param {View} view
 * @param {{ label: string, row: string, column: string, color: number, dash: number }} style
 * @returns {Curve[]}
 */
function curve(run, { scalars }, tag, view, style) {
  const mean = scalars.get(tag), raw = scalars.get(`${tag} (raw)`);
  if (!mean || mean.steps.length === 0) return [];
  const points = pointsOf(run, mean, view);
  if (raw && raw.steps.length > 0) {
    const strong = smoothed(points, view.smoothing);
    return [{ ...style, ...strong, raw: pointsOf(run, raw, view) }];
  }
  // What has no average of its own gets one, but for what is exact.
  const exact = tag === "learning_rate" || tag.startsWith("precision @ 1");
  if (exact || view.smoothing === 0) return [{ ...style, ...points }];
  return [{ ...style, ...smoothed(points, view.smoothing), raw: points }];
}

/** @param {Run} run @param {Series} series @param {View} view @returns {Points} */
function pointsOf(run, { steps, values, times }, { axis }) {
  if (axis === "step") return { xs: steps, steps, values };
  const start = startOf(run);
  // A clock that was set back does not turn a curve around.
  let latest = 0;
  return { xs: times.map((time) => latest = Math.max(latest, time - start)), steps, values };
}

/** When runs began, by their scalars, and of how many that was found. @type {WeakMap<Map<string, Series>, { size: number, start: number }>} */
const starts = new WeakMap();

/** When a run began, as far as its numbers tell. @param {Run} run */
function startOf({ train, eval: evaluation }) {
  const { scalars } = train.scalars.size > 0 ? train : evaluation, { size } = scalars;
  const known = starts.get(scalars);
  if (known?.size === size) return known.start;
  let start = Infinity;
  for (const { times: [first = Infinity] } of scalars.values()) start = Math.min(start, first);
  starts.set(scalars, { size, start });
  return start;
}

/**
 * A moving average that forgets by `weight` a point, corrected for its start at zero.
 *
 * @param {Points} points
 * @param {number} weight from 0 to under 1
 * @returns {Points}
 */
function smoothed(points, weight) {
  if (weight === 0) return points;
  let sum = 0, weights = 0;
  const values = points.values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    weights = weight * weights + 1 - weight;
    return sum / weights;
  });
  return { ...points, values };
}

/** @param {readonly Run[]} runs @param {View} view */
function visible(runs, { hidden }) {
  return runs.filter(({ id }) => !hidden.has(id));
}

/**
 * @param {readonly Run[]} runs
 * @param {(run: Run) => import("./runs.js").Log} logOf
 * @param {(tag: string) => boolean} wanted
 */
function tagsOf(runs, logOf, wanted) {
  return [...new Set(runs.flatMap((run) => [...logOf(run).scalars.keys()].filter(wanted)))];
}
