// What went wrong, in the files and on the page.

import { element, find } from "./dom.js";

const list = find("#problems");

/** What went wrong in panels, by their names. @type {Map<string, string>} */
const ofPanels = new Map();

/**
 * Shows a panel; if that fails the others are shown all the same.
 *
 * @param {string} name
 * @param {() => void} show
 */
export function panel(name, show) {
  try {
    show();
    ofPanels.delete(name);
  } catch (error) {
    ofPanels.set(
      name,
      `${name} cannot be shown: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** @param {import("./runs.js").Runs} runs */
export function showProblems({ list: runs, problems }) {
  const ofRuns = runs.flatMap((run) => [...run.train.problems, ...run.eval.problems]);
  const all = [...problems, ...ofRuns, ...ofPanels.values()];
  const key = JSON.stringify(all);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...all.map((text) => element("li", {}, text)));
}
