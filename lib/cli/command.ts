/**
 * What a command is, and what it is given to speak through.
 *
 * @module
 */

import type { Flags, FlagTable } from "./flags.ts";
import type { Positionals, PositionalTable } from "./positionals.ts";
import type { Progress } from "./progress.ts";

/** One command of the command line; `lib/commands/NAME.ts` exports it as `command`. */
export interface Command<
  Table extends FlagTable = FlagTable,
  Words extends PositionalTable = Record<never, never>,
> {
  /** The word on the command line. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** The words that it takes besides flags, in their order. */
  readonly positionals?: Words;
  /** The flags that it takes. */
  readonly flags: Table;
  /**
   * Does the work. It is done when the promise resolves; an error's message is all that a user
   * sees of it. Once `io.signal` aborts, it should save what must be saved, and return or throw
   * the signal's reason.
   */
  run(given: Flags<Table> & Positionals<Words>, io: Io): Promise<void>;
}

/** How a command speaks and is spoken to. */
export interface Io {
  /** A line of output. */
  log(line: string): void;
  /** A line for the eyes of people, beside the output. */
  error(line: string): void;
  /** Shows how far the work has come, where there is a terminal; `undefined` takes it away. */
  progress(state: Progress | undefined): void;
  /** Characters in a line of the terminal, or 80 where there is none. */
  readonly columns: number;
  /** Whether lines of output go to a terminal, whose width they should keep to. Default: no. */
  readonly toTerminal?: boolean;
  /** Whether lines of output may be coloured. Default: no. */
  readonly color?: boolean;
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
  /** Aborts when the user wants the command to end; the reason is an `Interruption`. */
  readonly signal: AbortSignal;
}
