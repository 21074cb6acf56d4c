// A confusion matrix as a table of buttons: one Tab stop, arrow keys within.

import { element, hintScroll } from "./dom.js";
import { formatCount } from "./format.js";
import { arrows, wordsOf } from "./pairs.js";

/** @typedef {import("./pairs.js").Pair} Pair */

/** The matrix of few classes. */
export class Matrix {
  /** What to put into the page. */
  element;
  #onChosen;
  /** @type {Map<string, any>} */
  #buttons = new Map();
  #size;

  /** @param {import("./texts.js").Confusion} found @param {(pair: Pair) => void} onChosen */
  constructor(found, onChosen) {
    const { classes } = found;
    this.#onChosen = onChosen;
    this.#size = classes.length;
    const head = classes.map((name) => element("th", { scope: "col" }, element("span", {}, name)));
    const rows = classes.map((name, label) => {
      const cells = classes.map((_, prediction) =>
        element("td", {}, this.#cell(found, { label, prediction }))
      );
      return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
    });
    const corner = element("td", { class: "corner" });
    const table = element(
      "table",
      {
        class: "matrix",
        "aria-label": "Rows are what pictures show, columns what they were taken for",
      },
      element("thead", {}, element("tr", {}, corner, ...head)),
      element("tbody", {}, ...rows),
    );
    table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    this.element = element("div", { class: "scroll" }, table);
    hintScroll(this.element);
    const [first] = this.#buttons.values();
    if (first) first.tabIndex = 0;
  }

  /** @param {Pair} pair */
  choose(pair) {
    const wanted = this.#buttons.get(keyOf(pair));
    if (!wanted) return;
    for (const button of this.#buttons.values()) {
      button.setAttribute("aria-pressed", String(button === wanted));
      button.tabIndex = button === wanted ? 0 : -1;
    }
    this.#onChosen(pair);
  }

  /** Its colours are the style sheet's own. */
  restyle() {}

  /** @param {import("./texts.js").Confusion} found @param {Pair} pair */
  #cell(found, pair) {
    const { label, prediction } = pair, row = found.confusion[label];
    const count = row[prediction];
    if (count === 0) return "·";
    const total = row.reduce((a, b) => a + b, 0);
    const button = element("button", {
      type: "button",
      tabindex: -1,
      "aria-label": `${wordsOf(found, pair)}: ${formatCount(count)}`,
      "aria-pressed": false,
      onclick: () => this.choose(pair),
    }, formatCount(count));
    const strength = Math.min(0.45, 0.06 + 0.5 * count / total);
    const color = label === prediction ? "right" : "wrong";
    button.style.backgroundColor = `rgb(var(--${color}) / ${strength})`;
    button.dataset.pair = keyOf(pair);
    this.#buttons.set(keyOf(pair), button);
    return button;
  }

  /** Goes to the next number in a direction. @param {KeyboardEvent} event */
  #key(event) {
    const from = /** @type {HTMLElement} */ (event.target).dataset.pair;
    if (!from || !Object.hasOwn(arrows, event.key)) return;
    event.preventDefault();
    const [down, right] = arrows[event.key];
    let [label, prediction] = from.split(" ").map(Number);
    do {
      label += down;
      prediction += right;
      const pair = { label, prediction };
      const button = this.#buttons.get(keyOf(pair));
      if (!button) continue;
      button.focus();
      return this.choose(pair);
    } while (Math.min(label, prediction) >= 0 && Math.max(label, prediction) < this.#size);
  }
}

/** @param {Pair} pair */
function keyOf({ label, prediction }) {
  return `${label} ${prediction}`;
}
