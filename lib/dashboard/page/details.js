// What is inside one run: pictures, tables, configuration.

import { element, find, setText, table } from "./dom.js";
import { formatCount, formatShape, formatValue } from "./format.js";
import { jsonOf } from "./runs.js";

/** @typedef {import("./runs.js").Run} Run */

/** @param {Run} run */
export function showDetails(run) {
  showImages(run);
  showFilters(run);
  once("#model .scroll", run, "model", modelTable);
  once("#kernels .scroll", run, "kernels", kernelTable);
  once("#config dl", run, "config", configList);
}

/** @param {Run} run */
function showImages(run) {
  const tags = Object.keys(run.train.images).filter((tag) => tag.startsWith("images/image/"));
  const labels = jsonOf(run.train, "images/labels") ?? [];
  pictures("#images .pictures", run, tags.map((tag, n) => ({ tag, caption: labels[n] ?? "" })));
}

/** @param {Run} run */
function showFilters(run) {
  const tags = Object.keys(run.train.images).filter((tag) => tag.endsWith("/filters"));
  pictures(
    "#filters .pictures",
    run,
    tags.map((tag) => ({ tag, caption: tag.replace(/\/filters$/, "") })),
  );
}

/**
 * @param {string} selector
 * @param {Run} run
 * @param {readonly { tag: string, caption: string }[]} wanted
 */
function pictures(selector, run, wanted) {
  const host = find(selector);
  if (host.children.length !== wanted.length || wanted.length === 0) {
    const figure = () => element("figure", {}, element("img", { alt: "" }), element("figcaption"));
    host.replaceChildren(...(wanted.length === 0 ? ["Nothing yet"] : wanted.map(figure)));
  }
  wanted.forEach(({ tag, caption }, n) => {
    const [image, text] = host.children[n].children;
    const step = String(run.train.images[tag]);
    const source = `/image?${new URLSearchParams({
      run: String(run.id),
      log: "train",
      tag,
      step,
    })}`;
    if (image.getAttribute("src") !== source) image.src = source;
    image.alt = caption || tag;
    setText(text, caption);
  });
}

/** @type {Record<string, string>} */
const made = {};

/**
 * Makes a panel from a text when that changes, and only then.
 *
 * @param {string} selector
 * @param {Run} run
 * @param {string} tag
 * @param {(value: any) => Node[]} make
 */
function once(selector, run, tag, make) {
  const text = run.train.texts[tag]?.value ?? "";
  const key = `${run.id} ${text}`;
  if (made[tag] === key) return;
  made[tag] = key;
  const value = jsonOf(run.train, tag);
  find(selector).replaceChildren(...(value === undefined ? ["Nothing yet"] : make(value)));
}

/** @param {any} model */
function modelTable({ input, layers }) {
  const rows = layers.map((
    /** @type {any} */ { name, kind, outputShape, parameters, multiplyAdds },
  ) => [
    name,
    kind.replaceAll("_", " "),
    formatShape(outputShape.slice(1)),
    formatCount(parameters),
    formatCount(multiplyAdds),
  ]);
  const sum = (/** @type {string} */ key) =>
    formatCount(
      layers.reduce((/** @type {number} */ total, /** @type {any} */ row) => total + row[key], 0),
    );
  return [table(
    ["layer", "kind", "output", "#parameters", "#multiply-adds"],
    [["input", "", formatShape(input), "", ""], ...rows],
    { foot: ["total", "", "", sum("parameters"), sum("multiplyAdds")], label: "Model" },
  )];
}

/** @param {readonly any[]} timings */
function kernelTable(timings) {
  const total = timings.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const slowest = timings.toSorted((a, b) => b.milliseconds - a.milliseconds);
  const rows = slowest.map(({ layer, kernel, milliseconds, flops }) => [
    layer,
    kernel,
    milliseconds.toFixed(2),
    `${(100 * milliseconds / total).toFixed(1)} %`,
    flops > 0 ? formatValue(flops / milliseconds / 1e6) : "",
  ]);
  return [table(["layer", "kernel", "#ms", "#share", "#GFLOP/s"], rows, {
    foot: ["one step", "", total.toFixed(2), "100 %", ""],
    label: "Time per kernel",
  })];
}

/** @param {Record<string, unknown>} config */
function configList(config) {
  return entries(config).flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
}

/**
 * @param {Record<string, unknown>} object
 * @param {string} [prefix]
 * @returns {[string, string][]}
 */
function entries(object, prefix = "") {
  return Object.entries(object).flatMap(([name, value]) => {
    const path = prefix + name;
    if (Array.isArray(value)) return [[path, value.join(", ")]];
    if (value !== null && typeof value === "object") {
      return entries(/** @type {any} */ (value), `${path}.`);
    }
    return [[path, String(value)]];
  });
}
