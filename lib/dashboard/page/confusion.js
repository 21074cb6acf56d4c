// Which class was taken for which, and the pictures.

import { element, find } from "./dom.js";
import { formatCount } from "./format.js";
import { jsonOf } from "./runs.js";

/** @typedef {import("./runs.js").Run} Run */

const host = find("#confusion .scroll");
const figure = find("#confusion figure");
/** @type {string | undefined} */
let shown;
let chosen = "";

/** @param {Run} run */
export function showConfusion(run) {
  const text = run.eval.texts.confusion;
  const key = text ? `${run.id} ${text.step} ${text.time}` : "";
  if (key === shown) return;
  shown = key;
  const found = jsonOf(run.eval, "confusion");
  if (!found) {
    host.replaceChildren("Nothing yet: deno task eval fills this.");
    figure.hidden = true;
    return;
  }
  const { classes, confusion } = found;
  const cellOf = (/** @type {number} */ l, /** @type {number} */ p) => {
    const count = confusion[l][p];
    if (count === 0) return element("td", {}, "·");
    const total = confusion[l].reduce(
      (/** @type {number} */ a, /** @type {number} */ b) => a + b,
      0,
    );
    const words = l === p ? `${classes[l]}, recognized` : `${classes[l]} taken for ${classes[p]}`;
    const pair = `${classes[l]}/${classes[p]}`;
    const button = element("button", {
      type: "button",
      "aria-label": `${words}: ${formatCount(count)}`,
      "aria-pressed": pair === chosen,
      onclick: () => choose(run, { pair, words, count }),
    }, formatCount(count));
    button.dataset.pair = pair;
    const strength = Math.min(0.45, 0.08 + 0.5 * count / total);
    button.style.backgroundColor = `rgb(var(--${l === p ? "right" : "wrong"}) / ${strength})`;
    return element("td", {}, button);
  };
  const names = /** @type {string[]} */ (classes);
  host.replaceChildren(element(
    "table",
    { class: "matrix" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("td"),
        ...names.map((name) => element("th", { scope: "col" }, name)),
      ),
    ),
    element(
      "tbody",
      {},
      ...names.map((name, l) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, name),
          ...names.map((_, p) => cellOf(l, p)),
        )
      ),
    ),
  ));
  const again = [...host.querySelectorAll("button")].find(({ dataset }) => dataset.pair === chosen);
  if (again) again.click();
  else figure.hidden = true;
}

/**
 * @param {Run} run
 * @param {{ pair: string, words: string, count: number }} cell
 */
function choose(run, { pair, words, count }) {
  chosen = pair;
  for (const button of host.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.pair === pair));
  }
  const tag = `confusion/${pair}`;
  const step = String(run.eval.images[tag]);
  const [image, caption] = figure.children;
  image.src = `/image?${new URLSearchParams({ run: String(run.id), log: "eval", tag, step })}`;
  image.alt = `Pictures: ${words}`;
  caption.textContent = `${words}: ${formatCount(count)}${count > 12 ? ", the first of them" : ""}`;
  figure.hidden = false;
}
