// A confusion matrix as a picture: for many classes.

import { cssValue, element } from "./dom.js";
import { formatCount } from "./format.js";
import { arrows, countOf, wordsOf } from "./pairs.js";

/**
 * @typedef {import("./pairs.js").Pair} Pair
 * @typedef {import("./texts.js").Confusion} Confusion
 */

/** The matrix of many classes: a square for each pair, the stronger the larger its share of its row. */
export class HeatMap {
  /** What to put into the page. */
  element;
  #found;
  #onChosen;
  #canvas;
  #column;
  #row;
  #told;
  /** @type {Pair} */
  #chosen = { label: 0, prediction: 0 };
  /** @type {Pair | undefined} */
  #hovered;

  /** @param {Confusion} found @param {(pair: Pair) => void} onChosen */
  constructor(found, onChosen) {
    this.#found = found;
    this.#onChosen = onChosen;
    this.#canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "matrix",
    });
    // Headings of the row and the column that are pointed at stand beside them, as there is no room for all.
    this.#column = element("span", { class: "column heading", "aria-hidden": true });
    this.#row = element("span", { class: "row heading", "aria-hidden": true });
    this.#told = element("output", { class: "told" });
    const frame = element("div", { class: "frame" }, this.#canvas, this.#column, this.#row);
    this.element = element("div", { class: "heat-map" }, this.#told, frame);
    const canvas = this.#canvas;
    canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      this.#hovered = this.#pairAt(event);
      this.restyle();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#hovered = undefined;
      this.restyle();
    });
    canvas.addEventListener("click", (/** @type {PointerEvent} */ event) => {
      this.choose(this.#pairAt(event));
    });
    canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    new ResizeObserver(() => this.restyle()).observe(canvas);
  }

  /** @param {Pair} pair */
  choose(pair) {
    this.#chosen = pair;
    this.#onChosen(pair);
    this.restyle();
  }

  /** @param {{ offsetX: number, offsetY: number }} point */
  #pairAt({ offsetX, offsetY }) {
    const size = this.#found.classes.length, cell = this.#canvas.clientWidth / size;
    const place = (/** @type {number} */ at) =>
      Math.min(size - 1, Math.max(0, Math.floor(at / cell)));
    return { label: place(offsetY), prediction: place(offsetX) };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!Object.hasOwn(arrows, event.key)) return;
    event.preventDefault();
    const [down, right] = arrows[event.key], last = this.#found.classes.length - 1;
    const within = (/** @type {number} */ place) => Math.min(last, Math.max(0, place));
    const { label, prediction } = this.#chosen;
    this.choose({ label: within(label + down), prediction: within(prediction + right) });
  }

  /** Draws it with the colours of the style sheet as they are now. */
  restyle() {
    const { classes, confusion } = this.#found, size = classes.length;
    const canvas = /** @type {HTMLCanvasElement} */ (this.#canvas);
    const scale = devicePixelRatio, width = canvas.clientWidth;
    if (width === 0) return;
    canvas.width = canvas.height = width * scale;
    const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    paint.scale(scale, scale);
    const cell = width / size, gap = cell > 5 ? 0.5 : 0;
    const [right, wrong] = ["--right", "--wrong"].map(cssValue);
    confusion.forEach((row, label) => {
      const total = row.reduce((a, b) => a + b, 0);
      row.forEach((count, prediction) => {
        if (count === 0) return;
        // Rare mistakes are to be seen too.
        const strength = 0.15 + 0.85 * Math.sqrt(count / total);
        paint.fillStyle = `rgb(${label === prediction ? right : wrong} / ${strength})`;
        paint.fillRect(prediction * cell, label * cell, cell - gap, cell - gap);
      });
    });
    const pair = this.#hovered ?? this.#chosen;
    this.#cross(paint, pair, { cell, width });
    this.#tell(pair, cell);
  }

  /** @param {CanvasRenderingContext2D} paint @param {Pair} pair @param {{ cell: number, width: number }} size */
  #cross(paint, { label, prediction }, { cell, width }) {
    paint.strokeStyle = cssValue("--text");
    paint.globalAlpha = 0.35;
    paint.strokeRect(0, label * cell, width, cell);
    paint.strokeRect(prediction * cell, 0, cell, width);
    paint.globalAlpha = 1;
    paint.lineWidth = 2;
    paint.strokeRect(prediction * cell - 1, label * cell - 1, cell + 2, cell + 2);
  }

  /** @param {Pair} pair @param {number} cell */
  #tell(pair, cell) {
    const { classes } = this.#found, { label, prediction } = pair;
    const words = `${wordsOf(this.#found, pair)}: ${formatCount(countOf(this.#found, pair))}`;
    this.#told.textContent = words;
    this.#canvas.setAttribute(
      "aria-label",
      `${classes.length} classes; rows are what pictures show, columns what they were taken for. ${words}`,
    );
    this.#row.textContent = classes[label];
    this.#column.textContent = classes[prediction];
    this.#row.style.top = `${(label + 0.5) * cell}px`;
    this.#column.style.left = `${(prediction + 0.5) * cell}px`;
  }
}
