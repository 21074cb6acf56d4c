// The list of runs: how each stands, and whether the charts show it.

import { element, find, seriesColor, setText } from "./dom.js";
import { formatShare, formatValue } from "./format.js";
import { standingOf } from "./standing.js";

/**
 * @typedef {import("./runs.js").Run} Run
 * @typedef {import("./runs.js").Runs} Runs
 */

const host = find("#runs");

/** @type {{ card: any, title: any, name: any, check: any, status: any, progress: any, facts: any }[]} */
const cards = [];

/**
 * @param {Runs} runs
 * @param {{ hidden: Set<number> }} view
 * @param {() => void} changed told when a run is shown or hidden
 */
export function showOverview({ list, waiting }, view, changed) {
  while (cards.length < list.length) cards.push(makeCard(cards.length, view, changed));
  showCards(waiting);
  host.toggleAttribute("data-several", list.length > 1);
  const now = Date.now() / 1000;
  const standings = list.map((run) => standingOf(run, now));
  list.forEach((run, index) => {
    const { card, name, check, status, progress, facts } = cards[index];
    const { words, fraction, facts: told, status: kind } = standings[index];
    setText(name, run.name);
    card.style.setProperty("--color", seriesColor(index));
    check.setAttribute("aria-label", `Show ${run.name} in the charts`);
    progress.setAttribute("aria-label", `Progress of ${run.name}`);
    setText(status, words);
    status.dataset.status = kind;
    progress.value = fraction;
    setText(facts, told.join(" · "));
  });
  const title = titleOf(standings);
  if (document.title !== title) document.title = title;
}

/** @param {readonly string[]} waiting directories that hold no run yet */
function showCards(waiting) {
  const key = JSON.stringify([cards.length, waiting]);
  if (host.dataset.shown === key) return;
  host.dataset.shown = key;
  const empty = waiting.map((directory) =>
    element(
      "article",
      { class: "card run" },
      element("span", { class: "name" }, directory),
      element("span", { class: "status" }, "nothing yet"),
      element("progress", { max: 1, value: 0, "aria-label": `Progress of ${directory}` }),
      element("p", { class: "facts" }, "A run that begins here appears by itself."),
    )
  );
  host.replaceChildren(...cards.map(({ card }) => card), ...empty);
}

/** @param {number} id @param {{ hidden: Set<number> }} view @param {() => void} changed */
function makeCard(id, { hidden }, changed) {
  const check = element("input", { type: "checkbox" });
  check.checked = !hidden.has(id);
  check.addEventListener("change", () => {
    if (check.checked) hidden.delete(id);
    else hidden.add(id);
    changed();
  });
  const name = element("span", {});
  const title = element("label", { class: "name" }, check, name);
  const status = element("span", { class: "status" });
  const progress = element("progress", { max: 1, value: 0 });
  const facts = element("p", { class: "facts" });
  const card = element("article", { class: "card run" }, title, status, progress, facts);
  return { card, title, name, check, status, progress, facts };
}

/** How far what runs is, for the tab of the browser. @param {readonly import("./standing.js").Standing[]} standings */
function titleOf(standings) {
  const running = standings.filter(({ status }) => status === "running");
  const [told = standings.length === 1 ? standings[0] : undefined] = running;
  if (!told || told.loss === undefined) return "Tower";
  const how = told.status === "running" ? formatShare(told.fraction) : told.words;
  const others = running.length > 1 ? ` · ${running.length} running` : "";
  return `${how} · loss ${formatValue(told.loss)}${others} – Tower`;
}
