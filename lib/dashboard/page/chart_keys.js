// What keys do in a chart.

import { panStep } from "./axis_range.js";

/**
 * @param {HTMLElement} area
 * @param {import("./axis_range.js").AxisRange} range
 * @param {(by: -1 | 1) => void} moveBy points at the next value, or the one before
 */
export function listenForKeys(area, range, moveBy) {
  const keys = /** @type {Record<string, () => void>} */ ({
    "+": () => range.zoom(0.5),
    "=": () => range.zoom(0.5),
    "-": () => range.zoom(2),
    "0": () => range.all(),
    "ArrowLeft": () => moveBy(-1),
    "ArrowRight": () => moveBy(1),
    "Shift+ArrowLeft": () => range.pan(-panStep),
    "Shift+ArrowRight": () => range.pan(panStep),
    "Home": () => range.oldest(),
    "End": () => range.newest(),
    "Escape": () => range.point(undefined, undefined),
  });
  area.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    const name = shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
    if (ctrlKey || metaKey || altKey || !Object.hasOwn(keys, name)) return;
    event.preventDefault();
    keys[name]();
  });
  area.addEventListener("blur", () => range.point(undefined, undefined));
}
