// What the server said so far.

/**
 * @typedef {{ steps: number[], values: (number | null)[], times: number[] }} Series
 * @typedef {{ step: number, time: number, value: string }} Text
 * @typedef {{
 *   scalars: Record<string, Series>,
 *   texts: Record<string, Text>,
 *   images: Record<string, number>,
 *   histograms: Record<string, number>,
 *   problems: readonly string[],
 * }} Log
 * @typedef {{ id: number, name: string, train: Log, eval: Log }} Run
 */

/** @returns {Log} */
function emptyLog() {
  return { scalars: {}, texts: {}, images: {}, histograms: {}, problems: [] };
}

/** The runs, kept up by the server's messages. */
export class Runs {
  /** @type {Run[]} */
  list = [];

  /**
   * Takes a message in.
   *
   * @param {any} message
   */
  take(message) {
    if (message.runs) {
      this.list = message.runs.map((
        /** @type {{ name: string }} */ { name },
        /** @type {number} */ id,
      ) => ({ id, name, train: emptyLog(), eval: emptyLog() }));
      return;
    }
    const { run: id, log: name, update } = message;
    const run = /** @type {any} */ (this.list[id]);
    if (update.reset) run[name] = emptyLog();
    const log = /** @type {Log} */ (run[name]);
    for (const [tag, { steps, values, times }] of Object.entries(update.scalars)) {
      const series = log.scalars[tag] ??= { steps: [], values: [], times: [] };
      // Spread arguments would overflow the stack on long runs.
      for (let i = 0; i < steps.length; i++) {
        series.steps.push(steps[i]);
        series.values.push(values[i]);
        series.times.push(times[i]);
      }
    }
    Object.assign(log.texts, update.texts);
    Object.assign(log.images, update.images);
    Object.assign(log.histograms, update.histograms);
    log.problems = update.problems;
  }
}

/**
 * A text that holds JSON.
 *
 * @param {Log} log
 * @param {string} tag
 * @returns {any}
 */
export function jsonOf(log, tag) {
  const text = log.texts[tag];
  if (!text) return undefined;
  try {
    return JSON.parse(text.value);
  } catch {
    return undefined;
  }
}
