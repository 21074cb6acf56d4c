// What was taken for what: the choice of an evaluation, and what is said of a cell.

import { element, find, setOptions, setText } from "./dom.js";
import { formatCount, formatPrecision, formatShare } from "./format.js";
import { HeatMap } from "./heat_map.js";
import { Matrix } from "./matrix.js";
import { countOf, mistakesOf, nameOf, pairsOf, wordsOf } from "./pairs.js";
import { imageAddress } from "./pictures.js";
import { table } from "./tables.js";
import { confusionsOf } from "./texts.js";

/**
 * @typedef {import("./runs.js").Run} Run
 * @typedef {import("./texts.js").Confusion} Confusion
 * @typedef {import("./pairs.js").Pair} Pair
 */

/** Of more classes the matrix is a picture, as there is no room for numbers. */
const mostInTable = 24;

/** Mistakes that are listed. */
const mostMistakes = 10;

const panel = find("#confusion"), choice = find("#confusion select");
const host = find("#confusion .matrix-host"), figure = find("#confusion figure");
const facts = find("#confusion .facts"), nothing = [...facts.childNodes];
let shown = "";
/** @type {Matrix | HeatMap | undefined} */
let view;
/** The pair that was chosen, by names, so that it stays through evaluations. */
let chosen = "";

/** @type {Run | undefined} */
let current;
choice.addEventListener("change", () => current && showConfusion(current));

/** @param {Run} run */
export function showConfusion(run) {
  current = run;
  const all = confusionsOf(run.eval);
  setOptions(choice, all.map(({ tag, name }) => ({ value: tag, text: name })));
  find("#confusion .of").hidden = all.length < 2;
  const found = all.find(({ tag }) => tag === choice.value) ?? all[0];
  const key = found ? `${run.id} ${found.tag} ${found.step} ${found.time}` : "";
  if (key === shown) return;
  shown = key;
  panel.toggleAttribute("data-filled", found !== undefined);
  if (found) fill(run, found);
  else facts.replaceChildren(...nothing);
}

/** Takes up the colours of the style sheet as they are now. */
export function restyleConfusion() {
  view?.restyle();
}

/** @param {Run} run @param {Confusion} found */
function fill(run, found) {
  const { classes, step, name, examples, correct } = found;
  setText(
    facts,
    [
      `step ${formatCount(step)}`,
      name,
      `${formatCount(examples)} pictures`,
      `precision @ 1 = ${examples ? formatPrecision(correct / examples) : "–"}`,
    ].join(" · "),
  );
  const View = classes.length > mostInTable ? HeatMap : Matrix;
  const made = view = new View(found, (pair) => showPair(run, found, pair));
  host.replaceChildren(made.element);
  showMistakes(found, (pair) => made.choose(pair));
  showClasses(found);
  const before = pairsOf(found).find((pair) => nameOf(found, pair) === chosen);
  const first = before ?? mistakesOf(found)[0] ?? pairsOf(found)[0];
  figure.hidden = first === undefined;
  if (first) made.choose(first);
}

/** Shows the pictures of a pair, if any were kept. @param {Run} run @param {Confusion} found @param {Pair} pair */
function showPair(run, found, pair) {
  chosen = nameOf(found, pair);
  const count = countOf(found, pair), words = wordsOf(found, pair);
  const tag = `${found.tag}/${chosen}`;
  // Pictures of an earlier evaluation are not those that were counted.
  const moment = run.eval.images.get(tag)?.find(({ step, time }) =>
    step === found.step && time === found.time
  );
  const [image, caption] = figure.children;
  image.hidden = moment === undefined;
  if (moment) {
    image.src = imageAddress(run, "eval", tag, moment);
    image.alt = `Pictures: ${words}`;
  }
  const kept = Math.min(count, found.picturesInCell);
  const which = !moment
    ? count === 0 ? "" : "; no picture of them was kept"
    : Number.isFinite(kept) && kept < count
    ? `; the first ${kept === 1 ? "is" : `${kept} are`} shown`
    : "";
  setText(caption, `${words}: ${formatCount(count)}${which}`);
  figure.hidden = false;
}

/** The most frequent mistakes as buttons. @param {Confusion} found @param {(pair: Pair) => void} choose */
function showMistakes(found, choose) {
  find("#mistakes").hidden = mistakesOf(found).length === 0;
  find("#mistakes ol").replaceChildren(
    ...mistakesOf(found).slice(0, mostMistakes).map((pair) =>
      element(
        "li",
        {},
        element("button", { type: "button", onclick: () => choose(pair) }, wordsOf(found, pair)),
        ` ${formatCount(countOf(found, pair))}`,
      )
    ),
  );
}

/** Recall and precision of each class, the worst recall first. @param {Confusion} found */
function showClasses({ classes, confusion }) {
  const share = (/** @type {number} */ part, /** @type {number} */ whole) =>
    whole === 0 ? { text: "–" } : { text: formatShare(part / whole), share: part / whole };
  const rows = classes.map((name, c) => {
    const labelled = confusion[c].reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[c], 0);
    const recall = share(confusion[c][c], labelled);
    const cells = [name, formatCount(labelled), recall, share(confusion[c][c], predicted)];
    return { cells, recall: recall.share ?? 2 };
  }).sort((a, b) => a.recall - b.recall);
  find("#classes").replaceChildren(table(
    ["class", "#pictures", "#recall", "#precision"],
    rows.map(({ cells }) => cells),
    { label: "Recall and precision of each class" },
  ));
}
