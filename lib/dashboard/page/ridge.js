// Histograms over time: which, and what is at the pointer.

import { find, setOptions, setText } from "./dom.js";
import { formatCount, formatShare, formatValue } from "./format.js";
import { arrows } from "./pairs.js";
import { drawRidge, placeIn } from "./ridge_drawing.js";

/** @typedef {import("./runs.js").Run} Run */

const canvas = /** @type {HTMLCanvasElement} */ (find("#ridge canvas"));
const choice = /** @type {HTMLSelectElement} */ (find("#ridge select"));
const scale = find("#ridge .scale"), value = find("#ridge output");

/** @type {(import("./ridge_drawing.js").Ridge & { tag: string, color: number }) | undefined} */
let shown;
/** The row and the bin that are pointed at. @type {{ row: number, bin: number } | undefined} */
let pointed;
let asked = "";
/** @type {Run | undefined} */
let current;

choice.addEventListener("change", () => current && showRidge(current));
new ResizeObserver(() => draw()).observe(canvas);
canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
  if (shown) point(placeIn(canvas, shown, { x: offsetX, y: offsetY }));
});
canvas.addEventListener("pointerleave", () => point(undefined));
canvas.addEventListener("blur", () => point(undefined));
canvas.addEventListener("keydown", (event) => {
  if (!shown || shown.rows.length === 0 || !Object.hasOwn(arrows, event.key)) return;
  event.preventDefault();
  const [rows, bins] = [shown.rows.length, shown.rows[0].length];
  const { row, bin } = pointed ?? { row: rows - 1, bin: bins >> 1 };
  const [down, right] = pointed ? arrows[event.key] : [0, 0];
  const within = (/** @type {number} */ place, /** @type {number} */ count) =>
    Math.min(count - 1, Math.max(0, place));
  point({ row: within(row + down, rows), bin: within(bin + right, bins) });
});

/** @param {Run} run */
export function showRidge(run) {
  current = run;
  const { histograms } = run.train;
  setOptions(choice, [...histograms.keys()].map((tag) => ({ value: tag, text: tag })));
  const tag = choice.value, newest = histograms.get(tag);
  if (!newest) return showNothing();
  const wanted = `${run.id} ${tag} ${newest.step} ${newest.time}`;
  if (wanted === asked) return;
  asked = wanted;
  fetch(`/histograms?${new URLSearchParams({ run: String(run.id), log: "train", tag })}`)
    .then((response) => response.json())
    .then((ridge) => {
      // Another may have been asked for meanwhile.
      if (wanted !== asked) return;
      shown = { ...ridge, tag, color: run.id };
      if (pointed && pointed.row >= ridge.rows.length) pointed = undefined;
      tell();
      draw();
    })
    .catch(() => asked = "");
}

/** Draws what came last. */
export function draw() {
  drawRidge(canvas, shown, pointed);
}

function showNothing() {
  asked = "";
  shown = pointed = undefined;
  setText(scale, "");
  setText(value, "");
  canvas.setAttribute("aria-label", "Nothing yet");
  draw();
}

/** Says in words what is drawn. */
function tell() {
  if (!shown) return;
  const { tag, steps, min, max, extremes: [least, greatest], zeros } = shown;
  const clipped = least < min || greatest > max;
  const hasZeros = zeros.some((share) => share > 0);
  const words = [
    "Height is the square root of the share of numbers.",
    ...hasZeros ? ["Zeros are drawn apart, at the left."] : [],
    ...clipped
      ? [
        `Shown is where 98% of ${hasZeros ? "the others" : "them"} are; the least is ` +
        `${formatValue(least)}, the greatest ${formatValue(greatest)}.`,
      ]
      : [],
  ];
  setText(scale, words.join(" "));
  canvas.setAttribute(
    "aria-label",
    `Histograms of ${tag} at ${steps.length} steps from ${steps[0]} to ${
      steps.at(-1)
    }; values from ` +
      `${formatValue(min)} to ${formatValue(max)}. Arrow keys read values.`,
  );
}

/** @param {{ row: number, bin: number } | undefined} place */
function point(place) {
  if (place?.row === pointed?.row && place?.bin === pointed?.bin) return;
  pointed = place;
  setText(value, shown && place ? wordsAt(shown, place) : "");
  draw();
}

/** @param {import("./ridge_drawing.js").Ridge} ridge @param {{ row: number, bin: number }} place */
function wordsAt({ min, max, steps, rows, zeros, outside }, { row, bin }) {
  const width = (max - min) / rows[row].length, from = min + bin * width;
  const [below, above] = outside[row];
  return [
    `step ${formatCount(steps[row])}`,
    `${formatShare(rows[row][bin])} from ${formatValue(from)} to ${formatValue(from + width)}`,
    ...zeros[row] > 0 ? [`${formatShare(zeros[row])} zeros`] : [],
    ...below + above > 0 ? [`${formatShare(below + above)} outside`] : [],
  ].join(" · ");
}
