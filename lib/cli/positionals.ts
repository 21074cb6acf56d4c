/**
 * Words of the command line that are told by their place: `show RUN...`.
 *
 * @module
 */

import { type Flags, type FlagTable, parseFlags, splitArguments, UsageError } from "./flags.ts";

/** One word, or all that are left: what it means, and how its text becomes a value. */
export interface Positional<T> {
  /** One line for `--help`. */
  readonly help: string;
  /** What a word is called in `--help`. */
  readonly placeholder: string;
  /** Whether it takes all words that are left, at least one. */
  readonly many: boolean;
  /** What `read` takes, to follow "needs". */
  readonly expects: string;
  /** The value that the words stand for, or `undefined` if they stand for none. */
  read(words: readonly string[]): T | undefined;
}

/** Words by name in camelCase, in their order; only the last may take many. */
export type PositionalTable = Readonly<Record<string, Positional<unknown>>>;

/** The values that a command line gives to a table of words. */
export type Positionals<Table extends PositionalTable> = {
  [Name in keyof Table]: Table[Name] extends Positional<infer T> ? T : never;
};

/** What a word is called, and what it means. */
export interface PositionalOptions {
  /** One line for `--help`. */
  readonly help: string;
  /** What a word is called in `--help`. */
  readonly placeholder: string;
}

/** One word. */
export function word(options: PositionalOptions): Positional<string> {
  return { ...options, many: false, expects: "a word", read: ([word]) => word };
}

/** One word or more. */
export function words(options: PositionalOptions): Positional<readonly string[]> {
  return { ...options, many: true, expects: "words", read: (words) => words };
}

/** One of a few words. */
export function oneOf<const T extends string>(
  values: readonly T[],
  { help }: { readonly help: string },
): Positional<T> {
  return {
    help,
    placeholder: values.join("|"),
    many: false,
    expects: values.length === 1 ? `the word ${values[0]}` : `one of ${values.join(", ")}`,
    read: ([word]) => values.find((value) => value === word),
  };
}

/**
 * Reads a command line: the flags as `parseFlags` does, and the words between them in their order; after
 * `--` all are words.
 *
 * @throws {UsageError} as `parseFlags` does, and for a word that is missing, one too many, or one that does
 * not fit
 */
export function parseCommandLine<
  Table extends FlagTable,
  Words extends PositionalTable = Record<never, never>,
>(
  { flags, positionals }: { readonly flags: Table; readonly positionals?: Words },
  args: readonly string[],
): Flags<Table> & Positionals<Words> {
  if (!positionals) return parseFlags(flags, args) as Flags<Table> & Positionals<Words>;
  const { values, words } = splitArguments(flags, args);
  let at = 0;
  const read = Object.entries(positionals).map(([name, positional]) => {
    const own = words.slice(at, positional.many ? words.length : at + 1);
    at += own.length;
    return [name, readWords(positional, own)];
  });
  if (at < words.length) {
    throw new UsageError(`Cannot use "${words[at]}": there is a word too many; see --help`);
  }
  return { ...values, ...Object.fromEntries(read) };
}

function readWords({ placeholder, expects, read }: Positional<unknown>, words: string[]): unknown {
  if (words.length === 0) {
    throw new UsageError(`Cannot go without ${placeholder}: needs one, got none; see --help`);
  }
  if (words.includes("")) throw new UsageError(`Cannot use "": needs ${placeholder}, got nothing`);
  const value = read(words);
  if (value !== undefined) return value;
  throw new UsageError(`Cannot use "${words[0]}": needs ${expects} there`);
}
