// What the server said so far. Tags may be called what objects have already, so they are kept in maps.

/**
 * @typedef {{ steps: number[], values: (number | null)[], times: number[] }} Series
 * @typedef {{ step: number, time: number }} Moment
 * @typedef {Moment & { value: string }} Text
 * @typedef {{
 *   scalars: Map<string, Series>,
 *   texts: Map<string, Text>,
 *   images: Map<string, readonly Moment[]>,
 *   histograms: Map<string, Moment>,
 *   session: Moment | undefined,
 *   problems: readonly string[],
 * }} Log
 * @typedef {{ id: number, name: string, train: Log, eval: Log, changes: number }} Run
 */

/** @returns {Log} */
function emptyLog() {
  return {
    scalars: new Map(),
    texts: new Map(),
    images: new Map(),
    histograms: new Map(),
    session: undefined,
    problems: [],
  };
}

/** The runs, kept up by the server's messages. */
export class Runs {
  /** @type {Run[]} */
  list = [];
  /** Directories that hold no run yet. @type {readonly string[]} */
  waiting = [];
  /** Of looking for runs. @type {readonly string[]} */
  problems = [];

  /**
   * Takes a message in.
   *
   * @param {any} message
   */
  take(message) {
    if (message.runs) this.#takeList(message);
    if (message.update) this.#takeUpdate(message);
  }

  /** Runs come last and never go, but their names may change as others come. @param {any} message */
  #takeList({ runs, waiting, problems }) {
    this.list = runs.map((/** @type {{ name: string }} */ { name }, /** @type {number} */ id) => {
      const { train = emptyLog(), eval: evaluation = emptyLog(), changes = 0 } = this.list[id] ??
        {};
      return { id, name, train, eval: evaluation, changes: changes + 1 };
    });
    this.waiting = waiting;
    this.problems = problems;
  }

  /** @param {any} message */
  #takeUpdate({ run: id, log: name, update }) {
    const run = /** @type {any} */ (this.list[id]);
    if (update.reset) run[name] = emptyLog();
    const log = /** @type {Log} */ (run[name]);
    run.changes++;
    for (const [tag, series] of Object.entries(update.scalars)) append(log.scalars, tag, series);
    for (const [tag, text] of Object.entries(update.texts)) log.texts.set(tag, text);
    for (const [tag, moments] of Object.entries(update.images)) log.images.set(tag, moments);
    for (const [tag, moment] of Object.entries(update.histograms)) log.histograms.set(tag, moment);
    log.session = update.session;
    log.problems = update.problems;
  }
}

/**
 * @param {Map<string, Series>} scalars
 * @param {string} tag
 * @param {Series} more
 */
function append(scalars, tag, { steps, values, times }) {
  const series = scalars.get(tag) ?? { steps: [], values: [], times: [] };
  scalars.set(tag, series);
  // Spread arguments would overflow the stack on long runs.
  for (let i = 0; i < steps.length; i++) {
    series.steps.push(steps[i]);
    series.values.push(values[i]);
    series.times.push(times[i]);
  }
}
