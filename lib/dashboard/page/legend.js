// The names of a chart's curves and their values at a place, or the newest.

import { placeAt } from "./curves.js";
import { dashPatterns } from "./chart_drawing.js";
import { element, hintScroll, seriesColor, setText } from "./dom.js";
import { formatCount, formatTime, formatValue } from "./format.js";

/** @typedef {import("./curves.js").Curve} Curve */

/** A list of curves, or a table where there are several things of several runs. */
export class Legend {
  /** What to put into the page. */
  element;
  /** @type {"step" | "time"} */
  axis = "step";
  #made = "";
  /** @type {readonly Curve[]} */
  #curves = [];
  /** @type {number | undefined} */
  #shown;
  #place;
  #isTable = false;
  /** @type {HTMLElement[]} */
  #cells = [];

  /** @param {string} label */
  constructor(label) {
    this.element = element("div", { class: "legend", role: "group", "aria-label": label });
    this.#place = element("span", { class: "place" });
    hintScroll(this.element);
  }

  /** @param {readonly Curve[]} curves @param {"step" | "time"} axis */
  setCurves(curves, axis) {
    this.axis = axis;
    this.#curves = curves;
    const key = JSON.stringify(
      curves.map(({ label, color, dash, raw }) => [label, color, dash, !raw]),
    );
    if (key === this.#made) return;
    this.#made = key;
    this.#cells = curves.map(() => element("span", { class: "value" }));
    this.element.replaceChildren(...curves.length === 0 ? [] : [this.#listOrTable()]);
  }

  /** Takes up the colours of the style sheet as they are now. */
  restyle() {
    this.#made = "";
    this.setCurves(this.#curves, this.axis);
    this.show(this.#shown);
  }

  /** @param {number | undefined} x a place on the axis; the newest values without one */
  show(x) {
    this.#shown = x;
    setText(this.#place, this.#placeWords());
    this.#curves.forEach((curve, i) => this.#showValue(this.#cells[i], curve));
  }

  /** What is shown, as a sentence. */
  spoken() {
    const words = this.#curves.map((curve) => {
      const { value, raw, note } = this.#valueOf(curve);
      return `${curve.label} ${value}${raw && ` (raw ${raw})`}${note}`;
    });
    return `${this.#placeWords()}: ${words.join(", ")}`;
  }

  #placeWords() {
    if (this.axis === "time") {
      return this.#shown === undefined ? "newest" : `after ${formatTime(this.#shown, 1)}`;
    }
    return `step ${formatCount(this.#step())}`;
  }

  /** The step that is shown: of the place, or the newest. */
  #step() {
    return this.#shown ?? Math.max(...this.#curves.map(({ steps }) => steps[steps.length - 1]));
  }

  /** A curve's last value that is not beyond the place. @param {Curve} curve */
  #valueOf(curve) {
    const { steps, values, raw } = curve;
    const place = this.#shown === undefined ? steps.length - 1 : placeAt(curve, this.#shown);
    if (place === undefined) return { value: "–", raw: "", note: "" };
    const here = raw && (this.#shown === undefined ? raw.xs.length - 1 : placeAt(raw, this.#shown));
    const differs = this.axis === "time"
      ? this.#shown !== undefined
      : steps[place] !== this.#step();
    return {
      value: formatValue(values[place]),
      raw: here === undefined ? "" : formatValue(raw?.values[here]),
      note: differs ? ` at ${formatCount(steps[place])}` : "",
    };
  }

  /** @param {HTMLElement} cell @param {Curve} curve */
  #showValue(cell, curve) {
    const { value, raw, note } = this.#valueOf(curve);
    // A table has no room for more than the averages.
    const asides = [this.#isTable || !raw ? "" : ` raw ${raw}`, note];
    const key = [value, ...asides].join();
    if (cell.dataset.shown === key) return;
    cell.dataset.shown = key;
    const told = asides.filter(Boolean).map((text) => element("span", { class: "aside" }, text));
    cell.replaceChildren(value, ...told);
  }

  #listOrTable() {
    const curves = this.#curves;
    const [rows, columns] = ["row", "column"].map((key) => [
      ...new Set(curves.map((curve) => /** @type {any} */ (curve)[key])),
    ]);
    this.#isTable = rows.length > 1 && columns.length > 1;
    if (!this.#isTable) {
      return element(
        "ul",
        { class: curves.some(({ raw }) => raw) ? "wide" : undefined },
        element("li", {}, this.#place),
        ...curves.map((curve, i) =>
          element("li", {}, swatch(curve), named(curve.label), this.#cells[i])
        ),
      );
    }
    const head = columns.map((column) => {
      const { color } = /** @type {Curve} */ (curves.find((curve) => curve.column === column));
      return element("th", { scope: "col" }, swatch({ color, dash: 0 }), named(column));
    });
    const cellOf = (/** @type {string} */ row, /** @type {string} */ column) => {
      const at = curves.findIndex((curve) => curve.row === row && curve.column === column);
      return element("td", {}, at < 0 ? "" : this.#cells[at]);
    };
    const lines = rows.map((row) => {
      const { dash } = /** @type {Curve} */ (curves.find((curve) => curve.row === row));
      const title = element("th", { scope: "row" }, swatch({ dash }), named(row));
      return element("tr", {}, title, ...columns.map((column) => cellOf(row, column)));
    });
    return element(
      "table",
      {},
      element("tr", {}, element("td", {}, this.#place), ...head),
      ...lines,
    );
  }
}

/** @param {string} name */
function named(name) {
  return element("span", { class: "name", title: name }, name);
}

/** A piece of a line; without a colour that of text. @param {{ color?: number, dash: number }} style */
function swatch({ color, dash }) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  const set = (/** @type {Element} */ target, /** @type {Record<string, unknown>} */ values) => {
    for (const [name, value] of Object.entries(values)) target.setAttribute(name, String(value));
  };
  set(picture, { class: "swatch", viewBox: "0 0 22 8", "aria-hidden": true });
  set(line, {
    x1: 0,
    x2: 22,
    y1: 4,
    y2: 4,
    stroke: color === undefined ? "currentColor" : seriesColor(color),
    "stroke-width": 3,
    "stroke-dasharray": dashPatterns[dash].join(" "),
  });
  picture.append(line);
  return picture;
}
