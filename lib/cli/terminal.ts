/**
 * A terminal on which lines scroll above one line of progress.
 *
 * @module
 */

import { type Progress, progressLine } from "./progress.ts";
import { Curve } from "./sparkline.ts";

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
  /** Whether it shows nothing beyond ASCII. Default: no. */
  readonly ascii?: boolean;
  /** Characters in a line, now: people resize windows. */
  columns(): number;
}

/** Keeps one line of progress below the lines of output. */
export class Terminal {
  readonly #options: TerminalOptions;
  #shown = "";
  #gone = false;
  #losses = new Curve();

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

  /** Shows the progress with a curve of the losses so far, or with `undefined` takes it away. */
  progress(state: Progress | undefined): void {
    const { isTerminal, columns, ascii } = this.#options;
    if (!isTerminal) return;
    if (!state) this.#losses = new Curve();
    else if (state.loss !== undefined) this.#losses.push(state.loss);
    // A line as wide as the window would wrap, and the next drawing would start one line too low.
    const options = { width: columns() - 1, losses: this.#losses.values, ascii };
    this.#draw(state ? progressLine(state, options) : "");
  }

  #draw(line: string): void {
    if (line === this.#shown || this.#gone) return;
    const painted = line && this.#options.color ? `\x1b[36m${line}\x1b[0m` : line;
    this.#shown = line;
    try {
      this.#options.write(`\r\x1b[K${painted}`);
    } catch {
      this.#gone = true; // Its window was closed; the work goes on.
    }
  }
}
