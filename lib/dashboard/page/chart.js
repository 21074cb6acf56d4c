// A chart: its frame, its legend, and when it is drawn.

import { nextPlace } from "./curves.js";
import { element, setText } from "./dom.js";
import { formatCount, formatValue } from "./format.js";
import { listenForKeys } from "./chart_keys.js";
import { listenForTouches } from "./chart_touch.js";
import { dataOf, linesOf, optionsOf } from "./chart_drawing.js";
import { Legend } from "./legend.js";

/** @type {any} */
const UPlot = /** @type {any} */ (globalThis).uPlot;

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {import("./axis_range.js").AxisRange} AxisRange
 */

/** A chart of some curves, with zoom, values under the pointer, and a scale. */
export class Chart {
  #range;
  #options;
  #log;
  #plotted = "";
  /** @type {any} */
  #plot;
  /** @type {readonly Curve[]} */
  #curves = [];
  /** @type {readonly import("./chart_drawing.js").Line[]} */
  #lines = [];
  #hovered = false;
  #area;
  #spoken;
  #cut;
  #legend;
  /** What to put into the page. */
  element;

  /**
   * @param {string} title
   * @param {AxisRange} range shared with other charts
   * @param {{ log?: boolean, tall?: boolean, share?: boolean }} [options] whether it can have a logarithmic
   *   scale, and has one at first; whether it needs room for many names; whether values are from 0 to 1
   */
  constructor(title, range, options = {}) {
    this.title = title;
    this.#range = range;
    this.#options = options;
    this.#log = options.log ?? false;
    this.#area = element(
      "div",
      { class: "plot", tabindex: 0, role: "application", "aria-roledescription": "chart" },
    );
    this.#spoken = element("output", { class: "unseen" });
    this.#legend = new Legend(`Values: ${title}`);
    const scale = element("button", {
      type: "button",
      "aria-label": `log scale: ${title}`,
      "aria-pressed": this.#log,
      onclick: () => {
        this.#log = !this.#log;
        scale.setAttribute("aria-pressed", String(this.#log));
        this.restyle();
      },
    }, "log");
    const head = element("div", { class: "bar" }, element("h3", {}, title));
    if (options.log !== undefined) head.append(scale);
    const kind = options.tall ? "chart tall" : "chart";
    this.#cut = element("p", { class: "hint", hidden: true });
    const parts = [head, this.#cut, this.#area, this.#legend.element, this.#spoken];
    this.element = element("figure", { class: kind }, ...parts);
    this.#showNothing();
    range.watchShown(() => this.#plot?.setScale("x", { ...range.shown }));
    range.watchPointed((by) => this.#point(by));
    listenForKeys(this.#area, range, (by) => this.#moveBy(by));
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#area);
  }

  /** @param {readonly Curve[]} curves @param {"step" | "time"} axis @param {number} [all] curves that there are */
  update(curves, axis, all = curves.length) {
    this.#cut.hidden = all === curves.length;
    setText(this.#cut, `${formatCount(curves.length)} of ${formatCount(all)} curves are shown.`);
    this.#curves = curves;
    this.#legend.setCurves(curves, axis);
    this.#draw(axis);
  }

  /** Takes up the colours of the style sheet as they are now. */
  restyle() {
    this.#plotted = "";
    this.#legend.restyle();
    this.#draw(this.#legend.axis);
  }

  /** @param {"step" | "time"} axis */
  #draw(axis) {
    const curves = this.#curves;
    if (curves.length === 0) return this.#showNothing();
    this.#lines = linesOf(curves, { log: this.#log });
    const data = dataOf(this.#lines);
    const key = JSON.stringify([axis, this.#log, this.#lines.map(({ style }) => style)]);
    if (key !== this.#plotted || !this.#plot) {
      this.#plotted = key;
      this.#plot?.destroy();
      this.#area.replaceChildren();
      const options = optionsOf(this.#lines, {
        axis,
        log: this.#log,
        share: this.#options.share ?? false,
        range: this.#range,
        hover: (plot) => this.#hover(plot),
        pointed: () => this.#hovered ? undefined : this.#range.pointed,
      });
      this.#plot = new UPlot({ ...options, ...this.#size() }, data, this.#area);
      const { over } = this.#plot;
      over.addEventListener("mouseenter", () => this.#hovered = true);
      over.addEventListener("mouseleave", () => this.#hovered = false);
      listenForTouches(over, this.#range, {
        valueAt: (left) => this.#plot.posToVal(left, "x"),
        pointAt: (left) =>
          this.#range.point(this.#plot.data[0][this.#plot.posToIdx(left)], undefined),
      });
    } else this.#plot.setData(data);
    const words = curves.map(({ label, steps, values }) =>
      `${label} ${formatValue(values.at(-1))} at step ${formatCount(steps[steps.length - 1])}`
    );
    this.#area.setAttribute("aria-label", `${this.title}: ${words.join("; ")}`);
    if (!this.#hovered) this.#point(undefined);
  }

  #showNothing() {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#area.setAttribute("aria-label", `${this.title}: nothing yet`);
    this.#area.replaceChildren(element("span", { class: "empty" }, "Nothing yet"));
  }

  #size() {
    return { width: Math.max(120, this.#area.clientWidth), height: this.#area.clientHeight };
  }

  /** The pointer of the mouse moved over this chart. @param {any} plot */
  #hover(plot) {
    if (!this.#hovered) return;
    const { left, idx } = plot.cursor;
    this.#range.point(left < 0 || idx === null ? undefined : plot.data[0][idx], this);
    this.#legend.show(this.#range.pointed);
  }

  /** Somebody points at a place. @param {unknown} by */
  #point(by) {
    const x = this.#range.pointed, plot = this.#plot;
    this.#legend.show(x);
    if (!plot || by === this) return;
    plot.setCursor({ left: x === undefined ? -10 : plot.valToPos(x, "x"), top: 0 }, false);
  }

  /** Points at the next place with a value, or the one before. @param {-1 | 1} by */
  #moveBy(by) {
    const plot = this.#plot;
    if (!plot) return;
    const xs = plot.data[0], { pointed, shown } = this.#range;
    const x = xs[nextPlace(xs, { pointed, shown, by })];
    this.#range.reveal(x);
    this.#range.point(x, undefined);
    this.#spoken.textContent = this.#legend.spoken();
  }
}
