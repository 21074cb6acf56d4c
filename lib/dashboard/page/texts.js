// What the texts of a run hold. Anybody may have written them, so what has not the form is not there.

/** @typedef {import("./runs.js").Log} Log */

/**
 * @typedef {{ name: string, kind: string, outputShape: number[], parameters: number,
 *   multiplyAdds: number }} Layer
 * @typedef {{ layer: string, kernel: string, milliseconds: number, flops: number }} Timing
 * @typedef {{ tag: string, name: string, step: number, time: number, classes: string[],
 *   confusion: number[][], examples: number, correct: number, picturesInCell: number }} Confusion
 */

/** @type {WeakMap<object, unknown>} */
const parsed = new WeakMap();

/**
 * A text that holds JSON.
 *
 * @param {Log} log
 * @param {string} tag
 * @returns {any}
 */
function jsonOf(log, tag) {
  const text = log.texts.get(tag);
  if (!text) return undefined;
  if (!parsed.has(text)) parsed.set(text, parse(text.value));
  return parsed.get(text);
}

/** @param {string} text */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isNumber = (/** @type {unknown} */ x) => typeof x === "number" && Number.isFinite(x);
const isText = (/** @type {unknown} */ x) => typeof x === "string";
/** @param {unknown} x @param {(x: any) => boolean} is */
const isListOf = (x, is) => Array.isArray(x) && x.every(is);
const isObject = (/** @type {unknown} */ x) =>
  typeof x === "object" && x !== null && !Array.isArray(x);

/** @param {Log} log @returns {Record<string, unknown> | undefined} */
export function configOf(log) {
  const config = jsonOf(log, "config");
  return isObject(config) ? config : undefined;
}

/** The steps that a run is to make. @param {Log} log @returns {number | undefined} */
export function maxStepsOf(log) {
  const steps = configOf(log)?.maxSteps;
  return isNumber(steps) && /** @type {number} */ (steps) > 0
    ? /** @type {number} */ (steps)
    : undefined;
}

/** The examples of a step, those of all towers. @param {Log} log @returns {number | undefined} */
export function examplesOf(log) {
  const { recipe, towers } = /** @type {any} */ (configOf(log) ?? {});
  const examples = recipe?.batchSize * (towers ?? 1);
  return isNumber(examples) && examples > 0 ? examples : undefined;
}

/** @param {Log} log @returns {{ input: number[], layers: Layer[] } | undefined} */
export function modelOf(log) {
  const model = jsonOf(log, "model");
  const isLayer = (/** @type {any} */ layer) =>
    isObject(layer) && isText(layer.name) && isText(layer.kind) &&
    isListOf(layer.outputShape, isNumber) && isNumber(layer.parameters) &&
    isNumber(layer.multiplyAdds);
  return isObject(model) && isListOf(model.input, isNumber) && isListOf(model.layers, isLayer)
    ? model
    : undefined;
}

/** @param {Log} log @returns {Timing[] | undefined} */
export function timingsOf(log) {
  const timings = jsonOf(log, "kernels");
  const isTiming = (/** @type {any} */ row) =>
    isObject(row) && isText(row.layer) && isText(row.kernel) && isNumber(row.milliseconds);
  return isListOf(timings, isTiming) ? timings : undefined;
}

/** Words in JSON. @param {string} text @returns {string[]} */
export function wordsOf(text) {
  const words = parse(text);
  return isListOf(words, isText) ? words : [];
}

/** The evaluations of a run that say what was taken for what, those of the averages on the test set first. @param {Log} log @returns {Confusion[]} */
export function confusionsOf(log) {
  const tags = [...log.texts.keys()].filter((tag) => /^confusion(?: \(.*\))?$/.test(tag)).sort();
  return tags.flatMap((tag) => {
    const found = jsonOf(log, tag);
    if (!isObject(found) || !isListOf(found.classes, isText)) return [];
    const { classes, confusion, picturesInCell } = found;
    const isRow = (/** @type {any} */ row) =>
      isListOf(row, isNumber) && row.length === classes.length;
    if (!isListOf(confusion, isRow) || confusion.length !== classes.length) return [];
    const { step, time } = /** @type {any} */ (log.texts.get(tag));
    const sum = (/** @type {number[]} */ row) => row.reduce((a, b) => a + b, 0);
    return [{
      tag,
      name: subjectOf(tag),
      step,
      time,
      classes,
      confusion,
      examples: sum(confusion.map(sum)),
      correct: sum(confusion.map((/** @type {number[]} */ row, /** @type {number} */ c) => row[c])),
      picturesInCell: isNumber(picturesInCell) ? picturesInCell : Infinity,
    }];
  });
}

/** What an evaluation's tag says of it: `precision @ 1 (train)` of `train`. @param {string} tag */
export function subjectOf(tag) {
  const words = tag.match(/ \((.*)\)$/)?.[1] ?? "";
  return words === "" ? "test" : words === "not averaged" ? "test, not averaged" : words;
}
