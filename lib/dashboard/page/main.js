// The page: takes in what the server says and shows it.

import { AxisRange } from "./axis_range.js";
import { Chart } from "./chart.js";
import { restyleConfusion, showConfusion } from "./confusion.js";
import { listen } from "./connection.js";
import { asManyAsFit, curvesOf, partCurves, precisionCurves, sparsityCurves } from "./curves.js";
import { find, setOptions } from "./dom.js";
import { showOverview } from "./overview.js";
import { showPictures } from "./pictures.js";
import { panel, showProblems } from "./problems.js";
import { listenToBar } from "./range_bar.js";
import { draw as drawRidge, showRidge } from "./ridge.js";
import { Runs } from "./runs.js";
import { showConfig, showKernels, showModel } from "./tables.js";

const runs = new Runs();
const range = new AxisRange();
/** @type {{ axis: "step" | "time", smoothing: number, hidden: Set<number>, run: number }} */
const view = { axis: "step", smoothing: 0, hidden: new Set(), run: 0 };

/** The charts in the order of the page, with their curves. */
const charts = [
  { chart: new Chart("Total loss", range, { log: false }), curves: ofTag("total_loss") },
  {
    chart: new Chart("Precision @ 1", range, { share: true }),
    curves: () => precisionCurves(runs.list, view),
  },
  {
    chart: new Chart("Parts of the loss", range, { log: false, tall: true }),
    curves: () => partCurves(runs.list, view),
  },
  { chart: new Chart("Examples per second", range), curves: ofTag("examples/sec") },
  { chart: new Chart("Learning rate", range, { log: false }), curves: ofTag("learning_rate") },
];
const sparsity = {
  chart: new Chart("Sparsity: the share of zeros", range, { tall: true, share: true }),
  curves: () => sparsityCurves(runs.list[view.run], view),
};
const allCharts = [...charts, sparsity];
find("#charts").append(...charts.map(({ chart }) => chart.element));
find("#sparsity").append(sparsity.chart.element);

/** @param {string} tag */
function ofTag(tag) {
  return () => curvesOf(runs.list, tag, view);
}

let drawn = "";
function showCharts() {
  const key = JSON.stringify([
    view,
    [...view.hidden],
    runs.list.map(({ name, changes }) => [name, changes]),
  ]);
  if (key === drawn) return;
  drawn = key;
  const shown = allCharts.map(({ chart, curves }) => {
    const all = curves();
    return { chart, curves: asManyAsFit(all), all: all.length };
  });
  setWhole(shown.flatMap(({ curves }) => curves));
  for (const { chart, curves, all } of shown) {
    panel(chart.title, () => chart.update(curves, view.axis, all));
  }
}

/** @param {readonly import("./curves.js").Curve[]} curves */
function setWhole(curves) {
  if (curves.length === 0) return;
  const spacings = curves.filter(({ xs }) => xs.length > 1)
    .map(({ xs }) => (xs[xs.length - 1] - xs[0]) / (xs.length - 1));
  range.setWhole({
    min: Math.min(...curves.map(({ xs }) => xs[0])),
    max: Math.max(...curves.map(({ xs }) => xs[xs.length - 1])),
    spacing: spacings.length > 0 ? Math.min(...spacings) : 1,
  });
}

const choices = /** @type {NodeListOf<HTMLSelectElement>} */ (
  document.querySelectorAll(".run-choice select")
);
for (const choice of choices) {
  choice.addEventListener("change", () => {
    view.run = Number(choice.value);
    showSoon();
  });
}

function showChoices() {
  for (const choice of choices) {
    setOptions(choice, runs.list.map(({ id, name }) => ({ value: String(id), text: name })));
    choice.value = String(view.run);
    /** @type {HTMLElement} */ (choice.parentElement).hidden = runs.list.length < 2;
  }
}

/** What is shown of the one run that is chosen. */
const panels = /** @type {[string, (run: import("./runs.js").Run) => void][]} */ ([
  ["Pictures", showPictures],
  ["Distribution over time", showRidge],
  ["Evaluation", showConfusion],
  ["Model", showModel],
  ["Time per kernel", showKernels],
  ["Configuration", showConfig],
]);

function show() {
  panel("Runs", () => showOverview(runs, view, showSoon));
  const run = runs.list[view.run];
  if (run) {
    panel("Charts", showCharts);
    showChoices();
    for (const [name, showPanel] of panels) panel(name, () => showPanel(run));
  }
  showProblems(runs);
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

listenToBar(range, view, showSoon);
// The time since the last news goes on when there are none, but a page that nobody sees asks for none.
setInterval(() => {
  if (!document.hidden) panel("Runs", () => showOverview(runs, view, showSoon));
}, 2000);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  show();
  for (const { chart } of allCharts) chart.restyle();
  drawRidge();
  restyleConfusion();
});

listen((message) => {
  runs.take(message);
  // All of it stands at once: what came bit by bit would push the rest around.
  if (message.ready) find("main").hidden = false;
  if (!find("main").hidden) showSoon();
});
