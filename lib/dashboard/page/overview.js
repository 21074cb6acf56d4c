// How each run stands: status, progress, time left.

import { element, find, seriesColor, setText } from "./dom.js";
import { formatCount, formatDuration, formatValue } from "./format.js";
import { jsonOf } from "./runs.js";

/** @typedef {import("./runs.js").Run} Run */

const host = find("#runs");

/** @type {{ card: any, status: any, progress: any, facts: any }[]} */
let cards = [];

/** @param {readonly Run[]} runs */
export function showOverview(runs) {
  if (cards.length !== runs.length) {
    cards = runs.map(({ name }) => makeCard(name));
    host.replaceChildren(...cards.map(({ card }) => card));
  }
  runs.forEach((run, index) => {
    const { card, status, progress, facts } = cards[index];
    const now = standing(run);
    card.style.setProperty("--color", seriesColor(index));
    setText(status, now.words);
    status.dataset.status = now.status;
    progress.value = now.fraction;
    setText(facts, now.facts.join(" · "));
  });
  const problems = runs.flatMap((run) => [...run.train.problems, ...run.eval.problems]);
  const list = find("#problems");
  if (list.children.length !== problems.length) {
    list.replaceChildren(...problems.map((text) => element("li", {}, text)));
  }
}

/** @param {string} name */
function makeCard(name) {
  const status = element("span", { class: "status" });
  const progress = element("progress", { max: 1, value: 0, "aria-label": `Progress of ${name}` });
  const facts = element("p", { class: "facts" });
  const title = element("span", { class: "name" }, name);
  const card = element("article", { class: "card run" }, title, status, progress, facts);
  return { card, status, progress, facts };
}

/**
 * What a run's events say of how it stands.
 *
 * @param {Run} run
 */
function standing(run) {
  const { scalars, texts } = run.train;
  const loss = scalars["total_loss"];
  const maxSteps = jsonOf(run.train, "config")?.maxSteps;
  const said = texts.status;
  const steps = loss?.steps ?? [], times = loss?.times ?? [];
  if (!said && steps.length === 0) {
    return { status: "none", words: "nothing yet", fraction: 0, facts: [] };
  }
  const done = Math.max(said?.step ?? 0, (steps.at(-1) ?? -1) + 1);
  const recent = Math.max(0, steps.length - 6);
  const perStep = (times[times.length - 1] - times[recent]) /
    (steps[steps.length - 1] - steps[recent]);
  const last = Math.max(said?.time ?? 0, times.at(-1) ?? 0, texts.kernels?.time ?? 0);
  const silence = Date.now() / 1000 - last;
  const between = steps.length > 1 ? times[times.length - 1] - times[times.length - 2] : 60;
  // Other programs' event files do not say how their runs stand.
  const status = said?.value ?? "";
  const running = status === "running";
  const silent = running && silence > Math.max(60, 4 * between);
  const facts = [`step ${formatCount(done)}${maxSteps ? ` of ${formatCount(maxSteps)}` : ""}`];
  if (running && !silent && maxSteps && Number.isFinite(perStep)) {
    facts.push(`${formatDuration(perStep * (maxSteps - done))} left`);
  }
  if (loss) facts.push(`loss ${formatValue(loss.values.at(-1))}`);
  const speed = scalars["examples/sec"]?.values.at(-1);
  if (speed) facts.push(`${formatValue(speed)} examples/s`);
  const precision = run.eval.scalars["precision @ 1"]?.values.at(-1);
  if (precision !== undefined) facts.push(`precision @ 1 ${formatValue(precision)}`);
  const words = silent ? `no news for ${formatDuration(silence)}` : status;
  const fraction = maxSteps ? Math.min(1, done / maxSteps) : 0;
  return { status: silent ? "silent" : status, words, fraction, facts };
}
