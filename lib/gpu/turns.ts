/**
 * Turns for what else the thread has to do.
 *
 * @module
 */

/** Milliseconds that others wait for their turn at most; a turn takes one or two. */
const patience = 50;

/** Lets signals and files have their turn now and then, where reading back holds the thread. */
export class Turns {
  #given = performance.now();

  /** Gives others a turn, if it is time. */
  async give(): Promise<void> {
    if (performance.now() - this.#given < patience) return;
    await new Promise((resume) => setTimeout(resume, 0));
    this.#given = performance.now();
  }
}
