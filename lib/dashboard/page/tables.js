// The tables of a run: its layers, the time of its kernels, its configuration.

import { element, find, hintScroll } from "./dom.js";
import { formatCompact, formatCount, formatShape, formatValue } from "./format.js";
import { configOf, modelOf, timingsOf } from "./texts.js";

/**
 * @typedef {import("./runs.js").Run} Run
 * A cell: its text, what is said on hovering, what is said beside it, the same in a narrow column, a bar.
 *
 * @typedef {string | { text: string, title?: string, aside?: string, narrow?: string, share?: number }} Cell
 */

for (const scroll of document.querySelectorAll(".scroll")) {
  hintScroll(/** @type {HTMLElement} */ (scroll));
}

/** @param {Run} run */
export function showModel(run) {
  once("#model .scroll", run, "model", () => modelTable(modelOf(run.train)));
}

/** @param {Run} run */
export function showKernels(run) {
  once("#kernels .scroll", run, "kernels", () => kernelTable(timingsOf(run.train)));
}

/** @param {Run} run */
export function showConfig(run) {
  once("#config .scroll", run, "config", () => {
    const config = configOf(run.train);
    return config && element(
      "dl",
      {},
      ...entries(config).flatMap(([name, value]) => [
        element("dt", {}, name),
        element("dd", {}, value),
      ]),
    );
  });
}

/** @type {Map<string, string>} */
const made = new Map();

/**
 * Makes a panel from a text when that changes, and only then.
 *
 * @param {string} selector
 * @param {Run} run
 * @param {string} tag
 * @param {() => Node | undefined} make
 */
function once(selector, run, tag, make) {
  const text = run.train.texts.get(tag);
  const key = `${run.id} ${text?.value}`;
  if (made.get(tag) === key) return;
  made.set(tag, key);
  const nothing = text ? `The text "${tag}" is not in a form that is known here.` : "Nothing yet";
  find(selector).replaceChildren(make() ?? nothing);
}

/** @param {ReturnType<typeof modelOf>} model */
function modelTable(model) {
  if (!model) return undefined;
  const { input, layers } = model;
  const count = (/** @type {number} */ value) => ({
    text: formatCompact(value),
    title: formatCount(value),
  });
  const sum = (/** @type {"parameters" | "multiplyAdds"} */ key) =>
    formatCount(layers.reduce((total, row) => total + row[key], 0));
  return table(
    ["layer", "output", "#parameters", "#multiply-adds"],
    [
      ["input", formatShape(input), "", ""],
      ...layers.map(({ name, kind, outputShape, parameters, multiplyAdds }) => {
        const output = formatShape(outputShape.slice(1)), aside = kind.replaceAll("_", " ");
        const layer = { text: name, aside, narrow: `${aside}, ${output}` };
        return [layer, output, formatCount(parameters), count(multiplyAdds)];
      }),
    ],
    { foot: ["total", "", sum("parameters"), sum("multiplyAdds")], label: "Model" },
  );
}

/** @param {ReturnType<typeof timingsOf>} timings */
function kernelTable(timings) {
  if (!timings) return undefined;
  const total = timings.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const slowest = timings.toSorted((a, b) => b.milliseconds - a.milliseconds);
  const rows = slowest.map(({ layer, kernel, milliseconds, flops }) => [
    { text: layer, aside: kernel },
    milliseconds.toFixed(2),
    { text: `${(100 * milliseconds / total).toFixed(1)} %`, share: milliseconds / total },
    flops > 0 ? formatValue(flops / milliseconds / 1e6) : "",
  ]);
  return table(["layer and kernel", "#ms", "#share", "#GFLOP/s"], rows, {
    foot: ["one step", total.toFixed(2), "100 %", ""],
    label: "Time per kernel",
  });
}

/**
 * Makes a table.
 *
 * @param {readonly string[]} head a column whose name begins with `#` has numbers
 * @param {readonly (readonly Cell[])[]} rows
 * @param {{ foot?: readonly string[], label: string }} options
 */
export function table(head, rows, { foot, label }) {
  const numeric = head.map((name) => name.startsWith("#"));
  const titles = head.map((name) => name.replace(/^#/, ""));
  const cell =
    (/** @type {string} */ kind) => (/** @type {Cell} */ content, /** @type {number} */ i) => {
      const { text, title, aside, narrow, share } = typeof content === "string"
        ? { text: content }
        : content;
      const made = element(
        kind,
        { class: numeric[i] ? "number" : undefined, title },
        text,
        ...aside ? [" ", element("span", { class: narrow ? "aside wide" : "aside" }, aside)] : [],
        ...narrow ? [" ", element("span", { class: "aside narrow" }, narrow)] : [],
      );
      if (share !== undefined) {
        made.classList.add("share");
        made.style.setProperty("--share", String(share));
      }
      return made;
    };
  const row = (/** @type {readonly Cell[]} */ cells, kind = "td") =>
    element("tr", {}, ...cells.map(cell(kind)));
  return element(
    "table",
    { class: "data", "aria-label": label },
    element("thead", {}, row(titles, "th")),
    element("tbody", {}, ...rows.map((cells) => row(cells))),
    ...(foot ? [element("tfoot", {}, row(foot))] : []),
  );
}

/**
 * @param {Record<string, unknown>} object
 * @param {string} [prefix]
 * @returns {[string, string][]}
 */
function entries(object, prefix = "") {
  return Object.entries(object).flatMap(([name, value]) => {
    const path = prefix + name;
    if (Array.isArray(value)) return [[path, value.map(wordOf).join(", ")]];
    if (value !== null && typeof value === "object") {
      return entries(/** @type {any} */ (value), `${path}.`);
    }
    return [[path, String(value)]];
  });
}

/** @param {unknown} value */
function wordOf(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
