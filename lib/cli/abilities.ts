/**
 * What the program's surroundings let it show.
 *
 * @module
 */

/** Where it is started. */
export interface Surroundings {
  /** The variable `TERM`. */
  readonly term?: string;
  /** The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set. */
  readonly locale?: string;
  /** Whether `NO_COLOR` is set. */
  readonly noColor: boolean;
  /** Whether its output goes to a terminal. */
  readonly outputIsTerminal: boolean;
  /** Whether what it says beside that does. */
  readonly errorIsTerminal: boolean;
}

/** What it may do there. */
export interface Abilities {
  /** Whether output goes to a terminal, whose width it should keep to. */
  readonly toTerminal: boolean;
  /** Whether output may be coloured. */
  readonly color: boolean;
  /** Whether a line may move: one that is drawn over and over. */
  readonly moving: boolean;
  /** Whether that one may be coloured. */
  readonly movingColor: boolean;
  /** Whether to do without letters beyond ASCII. */
  readonly ascii: boolean;
}

/** A terminal that calls itself dumb gets plain lines; a locale that is not set says nothing. */
export function abilitiesIn(surroundings: Surroundings): Abilities {
  const { term, locale = "", noColor, outputIsTerminal, errorIsTerminal } = surroundings;
  const dumb = term === "dumb";
  return {
    toTerminal: outputIsTerminal,
    color: outputIsTerminal && !noColor && !dumb,
    moving: errorIsTerminal && !dumb,
    movingColor: errorIsTerminal && !noColor && !dumb,
    ascii: dumb || locale !== "" && !/utf-?8/i.test(locale),
  };
}
