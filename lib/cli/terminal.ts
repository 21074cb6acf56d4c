/**
 * A terminal on which lines scroll above one line of progress.
 *
 * @module
 */

import { type Progress, progressLine } from "./progress.ts";

/** What a terminal is drawn on. */
export interface TerminalOptions {
  /** Takes a finished line of output. */
  writeLine(line: string): void;
  /** Takes text for the progress line as it is, control codes and all. */
  write(text: string): void;
  /** Whether a person watches; if not, there is no progress line. */
  readonly isTerminal: boolean;
  /** Whether colours are welcome (`NO_COLOR` is not set). */
  readonly color: boolean;
  /** Characters in a line, now: people resize windows. */
  columns(): number;
}

/** Keeps one line of progress below the lines of output. */
export class Terminal {
  readonly #options: TerminalOptions;
  #shown = "";

  /** A terminal that draws on what the options give. */
  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** Writes a line of output above the progress line. */
  log(line: string, writeLine = this.#options.writeLine): void {
    const shown = this.#shown;
    this.#draw("");
    writeLine(line);
    this.#draw(shown);
  }

  /** Shows the progress, or with `undefined` takes it away. */
  progress(state: Progress | undefined): void {
    if (!this.#options.isTerminal) return;
    // A line as wide as the window would wrap, and the next drawing would start one line too low.
    this.#draw(state ? progressLine(state, { width: this.#options.columns() - 1 }) : "");
  }

  #draw(line: string): void {
    if (line === this.#shown) return;
    const painted = line && this.#options.color ? `\x1b[36m${line}\x1b[0m` : line;
    this.#options.write(`\r\x1b[K${painted}`);
    this.#shown = line;
  }
}
