// What is chosen for all charts: the axis, the part that is shown, smoothing.

import { panStep } from "./axis_range.js";
import { find, setText } from "./dom.js";
import { formatCount, formatTime } from "./format.js";

const words = find("#range-words");
const follow = find("#range-newest");

/**
 * @param {import("./axis_range.js").AxisRange} range
 * @param {{ axis: "step" | "time", smoothing: number }} view
 * @param {() => void} changed
 */
export function listenToBar(range, view, changed) {
  const actions = /** @type {Record<string, () => void>} */ ({
    "#range-earlier": () => range.pan(-panStep),
    "#range-later": () => range.pan(panStep),
    "#range-in": () => range.zoom(0.5),
    "#range-out": () => range.zoom(2),
    "#range-all": () => range.all(),
    "#range-newest": () => range.newest(),
  });
  for (const [button, act] of Object.entries(actions)) find(button).addEventListener("click", act);
  const axis = find("#axis"), smoothing = find("#smoothing");
  axis.addEventListener("change", () => {
    view.axis = axis.value;
    range.all();
    range.point(undefined, undefined);
    changed();
  });
  smoothing.addEventListener("input", () => {
    view.smoothing = Number(smoothing.value);
    setText(find("#smoothing-value"), view.smoothing.toFixed(2));
    changed();
  });
  const tell = () => tellRange(range, view.axis);
  range.watchShown(tell);
  tell();
}

/** @param {import("./axis_range.js").AxisRange} range @param {"step" | "time"} axis */
function tellRange(range, axis) {
  const { min, max } = range.shown;
  const [from, to] = axis === "step"
    ? [Math.ceil(min), Math.floor(max)].map(formatCount)
    : [min, max].map((seconds) => formatTime(seconds, (max - min) / 10));
  const what = axis === "step" ? "steps " : "";
  setText(
    words,
    range.isPart ? `${what}${from} to ${to}` : `all ${axis === "step" ? "steps" : "time"}`,
  );
  follow.setAttribute("aria-pressed", String(range.follows));
  for (const button of ["#range-earlier", "#range-later", "#range-all", "#range-out"]) {
    find(button).disabled = !range.isPart;
  }
}
