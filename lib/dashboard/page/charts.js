// Curves over steps.

import { cssValue, element, setText } from "./dom.js";
import { formatCount, formatValue } from "./format.js";

/** @type {any} */
const UPlot = /** @type {any} */ (globalThis).uPlot;

/**
 * @typedef {{
 *   label: string,
 *   color: string,
 *   faint?: boolean,
 *   dashed?: boolean,
 *   steps: readonly number[],
 *   values: readonly (number | null)[],
 * }} Curve
 */

/** A chart of some curves, with zoom and values under the pointer. */
export class Chart {
  #log;
  #tall;
  #plotted = "";
  /** @type {any} */
  #plot;
  /** @type {readonly Curve[]} */
  #curves = [];
  /** @type {any} */
  #data;
  #area;
  #spoken;
  #range;
  /** What to put into the page. */
  element;

  /**
   * @param {string} title
   * @param {{ log?: boolean, tall?: boolean }} [options] whether it can have a logarithmic scale, and
   *   has one at first; whether it needs room for many names
   */
  constructor(title, { log, tall = false } = {}) {
    this.title = title;
    this.#log = log ?? false;
    this.#tall = tall;
    this.#area = element(
      "div",
      {
        class: "plot",
        tabindex: 0,
        role: "img",
        "aria-label": title,
        onkeydown: (/** @type {any} */ e) => this.#key(e),
      },
      element("span", { class: "empty" }, "Nothing yet"),
    );
    this.#range = element("output", { class: "range" });
    this.#spoken = element("output", { class: "unseen" });
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ label,
      /** @type {() => void} */ onclick,
    ) => element("button", { type: "button", "aria-label": `${label}: ${title}`, onclick }, text);
    const scale = element("button", {
      type: "button",
      "aria-pressed": this.#log,
      onclick: () => {
        this.#log = !this.#log;
        scale.setAttribute("aria-pressed", String(this.#log));
        this.#draw(true);
      },
    }, "log");
    this.element = element(
      "figure",
      { class: tall ? "chart tall" : "chart" },
      element(
        "div",
        { class: "bar" },
        element("h3", {}, title),
        this.#range,
        element(
          "span",
          {},
          ...(log === undefined ? [] : [scale, " "]),
          button("+", "Zoom in", () => this.#zoom(0.5)),
          " ",
          button("−", "Zoom out", () => this.#zoom(2)),
          " ",
          button("all", "Show all", () => this.#zoom(Infinity)),
        ),
      ),
      this.#area,
      this.#spoken,
    );
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#area);
  }

  /** @param {readonly Curve[]} curves */
  update(curves) {
    this.#curves = curves.filter(({ steps }) => steps.length > 0);
    this.#draw(false);
  }

  /** Takes up the colours of the style sheet as they are now. */
  restyle() {
    this.#draw(true);
  }

  /** @param {boolean} anew */
  #draw(anew) {
    const curves = this.#curves;
    if (curves.length === 0) return;
    const key = JSON.stringify(curves.map(({ label, color }) => [label, color]));
    this.#data = UPlot.join(curves.map(({ steps, values }) => [
      steps,
      this.#log ? values.map((value) => value !== null && value > 0 ? value : null) : values,
    ]));
    const zoomed = this.#zoomed();
    if (anew || key !== this.#plotted || !this.#plot) {
      this.#plotted = key;
      this.#plot?.destroy();
      this.#area.replaceChildren();
      this.#plot = new UPlot(this.#options(curves), this.#data, this.#area);
      // It scrolls where there are many names.
      this.#plot.root.querySelector(".u-legend").tabIndex = 0;
    } else this.#plot.setData(this.#data, !zoomed);
    if (zoomed) this.#plot.setScale("x", zoomed);
    this.#settle();
    const words = curves.filter(({ faint }) => !faint).map(({ label, steps, values }) =>
      `${label} ${formatValue(values.at(-1))} at step ${formatCount(steps[steps.length - 1])}`
    );
    this.#area.setAttribute("aria-label", `${this.title}: ${words.join("; ")}`);
  }

  /** @param {readonly Curve[]} curves */
  #options(curves) {
    const [text, line] = [cssValue("--muted"), cssValue("--line")];
    const axis = {
      stroke: text,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1 },
    };
    return {
      ...this.#size(),
      scales: { x: { time: false }, y: { distr: this.#log ? 3 : 1 } },
      cursor: { sync: { key: "steps" }, focus: { prox: 24 } },
      legend: { live: true },
      hooks: {
        setCursor: [(/** @type {any} */ plot) => plot.cursor.left < 0 && this.#settle()],
        setScale: [(/** @type {any} */ plot) => this.#tellRange(plot)],
      },
      axes: [
        {
          ...axis,
          values: (/** @type {any} */ _, /** @type {number[]} */ steps) => steps.map(formatCount),
        },
        {
          ...axis,
          size: 62,
          values: (/** @type {any} */ _, /** @type {(number | null)[]} */ values) =>
            values.map((value) => value === null ? "" : formatValue(value)),
        },
      ],
      series: [
        {
          label: "step",
          value: (/** @type {any} */ _, /** @type {number} */ step) =>
            step === null ? "–" : formatCount(step),
        },
        ...curves.map(({ label, color, faint, dashed }) => ({
          label,
          stroke: color,
          alpha: faint ? 0.4 : 1,
          width: faint ? 1 : 2,
          dash: dashed ? [6, 4] : [],
          spanGaps: true,
          points: { show: this.#data[0].length < 3 },
          value: (/** @type {any} */ _, /** @type {number} */ value) => formatValue(value),
        })),
      ],
    };
  }

  /** Room for the plot: what the legend leaves. */
  #size() {
    const legend = this.#tall ? 90 : 50;
    return {
      width: Math.max(120, this.#area.clientWidth),
      height: this.#area.clientHeight - legend,
    };
  }

  /** Without a pointer the legend has the newest values. */
  #settle() {
    const plot = this.#plot;
    if (plot && plot.data[0].length > 0 && !(plot.cursor.left >= 0)) {
      plot.setLegend({ idx: plot.data[0].length - 1 }, false);
    }
  }

  /** @param {any} plot whose scale was set; it may be under construction */
  #tellRange(plot) {
    const { min, max } = plot.scales.x;
    const steps = plot.data[0];
    const whole = min <= steps[0] && max >= steps[steps.length - 1];
    const [from, to] = [Math.ceil(min), Math.floor(max)].map(formatCount);
    setText(this.#range, whole || min === null ? "" : `steps ${from} to ${to}`);
  }

  /** The part of the steps that is shown, if it is a part. */
  #zoomed() {
    const plot = this.#plot;
    if (!plot) return undefined;
    const { min, max } = plot.scales.x;
    const steps = plot.data[0];
    const whole = min <= steps[0] && max >= steps[steps.length - 1];
    return min === null || whole ? undefined : { min, max };
  }

  /** @param {number} factor of the width of what is shown; infinite for all */
  #zoom(factor) {
    const plot = this.#plot;
    if (!plot) return;
    const steps = plot.data[0];
    const [first, last] = [steps[0], steps[steps.length - 1]];
    const { min, max } = plot.scales.x;
    const half = Math.max(1, (max - min) * factor / 2), middle = (min + max) / 2;
    const shown = { min: Math.max(first, middle - half), max: Math.min(last, middle + half) };
    plot.setScale("x", factor === Infinity ? { min: first, max: last } : shown);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const plot = this.#plot;
    const zooms = /** @type {Record<string, number>} */ ({ "+": 0.5, "-": 2, "0": Infinity });
    const moves = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });
    if (!plot || event.ctrlKey || event.metaKey) return;
    if (event.key in zooms) this.#zoom(zooms[event.key]);
    else if (event.key in moves) {
      const steps = plot.data[0];
      const from = plot.cursor.idx ?? steps.length - 1;
      const at = Math.min(steps.length - 1, Math.max(0, from + moves[event.key]));
      plot.setCursor({ left: plot.valToPos(steps[at], "x"), top: 10 });
      const words = this.#curves.map(({ label }, i) =>
        `${label} ${formatValue(plot.data[i + 1][at])}`
      );
      this.#spoken.textContent = `step ${formatCount(steps[at])}: ${words.join(", ")}`;
    } else return;
    event.preventDefault();
  }
}
