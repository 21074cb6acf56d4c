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

/** Losses have two curves, raw and averaged. */
/** @type {Map<string, Chart>} */
const charts = new Map();
const sparsity = new Chart("Sparsity: the share of zeros");
find("#sparsity").append(sparsity.element);

const fixed = ["total_loss", "precision @ 1", "learning_rate", "examples/sec"];
for (const tag of fixed) addChart(tag);

/** @param {string} tag */
function addChart(tag) {
  const loss = tag.includes("loss") || tag === "cross_entropy";
  const title = /** @type {Record<string, string>} */ ({
    "total_loss": "Total loss",
    "learning_rate": "Learning rate",
    "examples/sec": "Examples per second",
    "precision @ 1": "Precision @ 1",
  })[tag] ?? tag;
  const log = loss || tag === "learning_rate" ? tag === "total_loss" : undefined;
  const chart = new Chart(title, { log, small: !["total_loss", "precision @ 1"].includes(tag) });
  charts.set(tag, chart);
  find("#charts").append(chart.element);
}

function showCharts() {
  const averaged = new Set(
    runs.list.flatMap((run) => Object.keys(run.train.scalars)).filter((tag) =>
      !tag.endsWith(" (raw)") && !tag.endsWith("/sparsity")
    ),
  );
  for (const tag of averaged) if (!charts.has(tag)) addChart(tag);
  for (const [tag, chart] of charts) {
    chart.update(runs.list.flatMap((run) => {
      const color = seriesColor(run.id);
      const name = runs.list.length > 1 ? run.name : tag;
      const log = tag === "precision @ 1" ? run.eval : run.train;
      const [raw, mean] = [log.scalars[`${tag} (raw)`], log.scalars[tag]];
      return [
        ...(raw ? [{ ...raw, label: `${name} (raw)`, color, faint: true }] : []),
        ...(mean ? [{ ...mean, label: name, color }] : []),
      ];
    }));
  }
}

/** @param {import("./runs.js").Run} run */
function showSparsity(run) {
  const layers = Object.entries(run.train.scalars).filter(([tag]) => tag.endsWith("/sparsity"));
  sparsity.update(layers.map(([tag, series], index) => ({
    ...series,
    label: tag.replace(/\/sparsity$/, ""),
    color: seriesColor(index),
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
  for (const chart of [...charts.values(), sparsity]) chart.restyle();
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
