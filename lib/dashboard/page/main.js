// The page: takes in what the server says and shows it.

import { Chart } from "./charts.js";
import { showConfusion } from "./confusion.js";
import { showDetails } from "./details.js";
import { element, find, seriesColor, setText } from "./dom.js";
import { showOverview } from "./overview.js";
import { draw as drawRidge, showRidge } from "./ridge.js";
import { Runs } from "./runs.js";

const runs = new Runs();
const choice = /** @type {HTMLSelectElement} */ (find("#run"));

/** The charts of one tag each, in the order of the page. */
const charts = {
  "total_loss": new Chart("Total loss", { log: false }),
  "precision @ 1": new Chart("Precision @ 1"),
  "learning_rate": new Chart("Learning rate", { log: false }),
  "examples/sec": new Chart("Examples per second"),
};
const parts = new Chart("Parts of the loss", { log: false });
const sparsity = new Chart("Sparsity: the share of zeros", { tall: true });
const allCharts = [...Object.values(charts), parts, sparsity];
find("#charts").append(...[...Object.values(charts), parts].map((chart) => chart.element));
find("#sparsity").append(sparsity.element);

function showCharts() {
  const several = runs.list.length > 1;
  for (const [tag, chart] of Object.entries(charts)) {
    chart.update(runs.list.flatMap((run) => {
      const log = tag === "precision @ 1" ? run.eval : run.train;
      return curvesOf(log, tag, { label: several ? run.name : tag, color: seriesColor(run.id) });
    }));
  }
  parts.update(runs.list.flatMap((run) => {
    const tags = Object.keys(run.train.scalars).filter((tag) =>
      !(tag in charts) && !tag.endsWith(" (raw)") && !tag.endsWith("/sparsity")
    );
    return tags.flatMap((tag, index) =>
      curvesOf(run.train, tag, {
        label: several ? `${run.name} ${tag}` : tag,
        color: seriesColor(several ? run.id : index),
      })
    );
  }));
}

/**
 * The curves of a tag: the averaged one, and, where there is one, the raw one.
 *
 * @param {import("./runs.js").Log} log
 * @param {string} tag
 * @param {{ label: string, color: string }} style
 */
function curvesOf({ scalars }, tag, { label, color }) {
  const [raw, mean] = [scalars[`${tag} (raw)`], scalars[tag]];
  return [
    ...(raw ? [{ ...raw, label: `${label} (raw)`, color, faint: true }] : []),
    ...(mean ? [{ ...mean, label, color }] : []),
  ];
}

/** @param {import("./runs.js").Run} run */
function showSparsity(run) {
  const layers = Object.entries(run.train.scalars).filter(([tag]) => tag.endsWith("/sparsity"));
  sparsity.update(layers.map(([tag, series], index) => ({
    ...series,
    label: tag.replace(/\/sparsity$/, ""),
    color: seriesColor(index),
    dashed: index >= 8,
  })));
}

function show() {
  showOverview(runs.list);
  showCharts();
  const names = runs.list.map(({ name }) => name);
  if ([...choice.options].map(({ text }) => text).join("\n") !== names.join("\n")) {
    choice.replaceChildren(...names.map((name, id) => element("option", { value: id }, name)));
    find("#run-choice").hidden = names.length < 2;
  }
  const run = runs.list[Number(choice.value)] ?? runs.list[0];
  if (!run) return;
  showSparsity(run);
  showDetails(run);
  showConfusion(run);
  showRidge(run);
}

let waiting = false;
/** Shows soon, once for all that came meanwhile. */
function showSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    show();
  });
}

choice.addEventListener("change", showSoon);
// The time since the last news goes on when there are none.
setInterval(() => showOverview(runs.list), 5000);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  show();
  for (const chart of allCharts) chart.restyle();
  drawRidge();
});

const connection = find("#connection");
/** @param {"live" | "lost"} state @param {string} text */
function tell(state, text) {
  connection.dataset.state = state;
  setText(connection, text);
}

const source = new EventSource("/events");
source.addEventListener("open", () => tell("live", "Live"));
source.addEventListener("message", ({ data }) => {
  runs.take(JSON.parse(data));
  showSoon();
});
source.addEventListener("error", () => {
  tell("lost", "The dashboard has ended or cannot be reached; trying again…");
});
// All of it stands at once: what came bit by bit would push the rest around.
find("main").hidden = false;
