// Histograms over time, one behind the other.

import { cssValue, element, find } from "./dom.js";
import { formatCount, formatValue } from "./format.js";

/** @typedef {import("./runs.js").Run} Run */

const canvas = /** @type {HTMLCanvasElement} */ (find("#ridge canvas"));
const choice = /** @type {HTMLSelectElement} */ (find("#ridge select"));

/** @type {any} */
let shown;
let asked = "";
/** @type {Run | undefined} */
let current;

choice.addEventListener("change", () => showRidge(current));
new ResizeObserver(() => draw()).observe(canvas);

/** @param {Run | undefined} run */
export function showRidge(run) {
  current = run;
  if (!run) return;
  const { histograms } = run.train;
  const tags = Object.keys(histograms);
  if ([...choice.options].map(({ value }) => value).join() !== tags.join()) {
    const before = choice.value;
    choice.replaceChildren(...tags.map((tag) => element("option", { value: tag }, tag)));
    if (tags.includes(before)) choice.value = before;
  }
  const tag = choice.value;
  const wanted = `${run.id} ${tag} ${histograms[tag]}`;
  if (tag === "" || wanted === asked) return;
  asked = wanted;
  fetch(`/histograms?${new URLSearchParams({ run: String(run.id), tag })}`)
    .then((response) => response.json())
    .then((ridge) => {
      // Another may have been asked for meanwhile.
      if (wanted !== asked) return;
      shown = { ...ridge, tag };
      draw();
    })
    .catch(() => asked = "");
}

/** Draws what came last. */
export function draw() {
  if (!shown) return;
  const { min, max, steps, rows, tag } = shown;
  const scale = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  paint.scale(scale, scale);
  const [text, card, line] = ["--muted", "--card", "--series-0"].map(cssValue);
  const margin = { left: 8, right: 64, top: 74, bottom: 26 };
  const across = width - margin.left - margin.right;
  const down = height - margin.top - margin.bottom;
  const peak = Math.sqrt(Math.max(...rows.flat(), 1e-9));
  const x = (/** @type {number} */ bin) => margin.left + bin / (rows[0].length - 1) * across;
  const base = (/** @type {number} */ row) =>
    margin.top + (rows.length === 1 ? 1 : row / (rows.length - 1)) * down;
  rows.forEach((/** @type {number[]} */ row, /** @type {number} */ r) => {
    paint.beginPath();
    paint.moveTo(x(0), base(r));
    row.forEach((share, bin) => paint.lineTo(x(bin), base(r) - Math.sqrt(share) / peak * 66));
    paint.lineTo(x(row.length - 1), base(r));
    paint.closePath();
    paint.globalAlpha = 0.82;
    paint.fillStyle = card;
    paint.fill();
    paint.globalAlpha = 0.15 + 0.25 * r / rows.length;
    paint.fillStyle = line;
    paint.fill();
    paint.globalAlpha = 0.45 + 0.55 * r / rows.length;
    paint.strokeStyle = line;
    paint.stroke();
  });
  paint.globalAlpha = 1;
  paint.fillStyle = text;
  paint.font = "12px system-ui, sans-serif";
  const ticks = [min, (min + max) / 2, max];
  ticks.forEach((value, i) => {
    paint.textAlign = /** @type {CanvasTextAlign} */ (["left", "center", "right"][i]);
    paint.fillText(formatValue(value), margin.left + i / 2 * across, height - 8);
  });
  paint.textAlign = "left";
  for (const r of new Set([0, rows.length - 1])) {
    paint.fillText(formatCount(steps[r]), width - margin.right + 8, base(r) + 4);
  }
  paint.fillText("step", width - margin.right + 8, margin.top - 14);
  canvas.setAttribute(
    "aria-label",
    `Histograms of ${tag} at ${steps.length} steps from ${steps[0]} to ${
      steps.at(-1)
    }; values from ` +
      `${formatValue(min)} to ${formatValue(max)}. Height is the square root of the share.`,
  );
}
