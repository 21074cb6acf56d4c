// Pairs of classes: what pictures show, and what they were taken for.

/**
 * @typedef {import("./texts.js").Confusion} Confusion
 * @typedef {{ label: number, prediction: number }} Pair
 */

/** Which way arrow keys go. @type {Record<string, readonly [down: number, right: number]>} */
export const arrows = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** @param {Confusion} found @param {Pair} pair */
export function countOf({ confusion }, { label, prediction }) {
  return confusion[label][prediction];
}

/** @param {Confusion} found @param {Pair} pair */
export function nameOf({ classes }, { label, prediction }) {
  return `${classes[label]}/${classes[prediction]}`;
}

/** What a pair means, in words. @param {Confusion} found @param {Pair} pair */
export function wordsOf({ classes }, { label, prediction }) {
  return label === prediction
    ? `${classes[label]}, recognized`
    : `${classes[label]} taken for ${classes[prediction]}`;
}

/** All pairs that there are pictures of. @param {Confusion} found @returns {Pair[]} */
export function pairsOf({ confusion }) {
  return confusion.flatMap((row, label) =>
    row.flatMap((count, prediction) => count > 0 ? [{ label, prediction }] : [])
  );
}

/** The mistakes, the most frequent first. @param {Confusion} found */
export function mistakesOf(found) {
  return pairsOf(found).filter(({ label, prediction }) => label !== prediction)
    .sort((a, b) => countOf(found, b) - countOf(found, a));
}
