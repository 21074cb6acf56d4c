/**
 * How fast a run goes, and how far it may run ahead.
 *
 * @module
 */

/** About this much work is left in flight: enough to hide the host, little enough to stop quickly. */
const secondsInFlight = 0.1;

/** Steps that may be left in flight at most. */
const mostInFlight = 32;

/** Counts the steps that were started since the last wait, and says when to wait again. */
export class Pace {
  #lap: Lap;
  #inFlight = 1;

  /** A pace that starts when so many steps are done. */
  constructor(done: number) {
    this.#lap = new Lap(done);
  }

  /** Whether so many steps in flight are enough. */
  isDue(done: number): boolean {
    return done - this.#lap.start >= this.#inFlight;
  }

  /** Takes note that all steps were waited for. */
  waited(done: number): void {
    const { seconds } = this.#lap.end(done);
    this.#inFlight = Math.min(mostInFlight, Math.max(1, Math.round(secondsInFlight / seconds)));
  }
}

/** Times steps from one point to the next. */
export class Lap {
  /** The steps that were done at its start. */
  start: number;
  #at = performance.now();

  /** Starts when so many steps are done. */
  constructor(done: number) {
    this.start = done;
  }

  /** Ends when so many steps are done, and starts anew; gives the steps and the mean time of one. */
  end(done: number): { steps: number; seconds: number } {
    const now = performance.now(), steps = done - this.start;
    const seconds = (now - this.#at) / 1000 / steps;
    [this.start, this.#at] = [done, now];
    return { steps, seconds };
  }
}
