/**
 * One table of flags per command: parsing, types and `--help` all come from it.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "./nearest.ts";

/** A flag: what it means, what it is when not given, and how its text becomes a value. */
export interface Flag<T> {
  /** One line for `--help`. */
  readonly help: string;
  /** The value when the flag is not given. */
  readonly default: T;
  /** What a value is called in `--help`; empty for a flag that is on or off. */
  readonly placeholder: string;
  /** What it stands for when it is given without a value, if it may be. */
  readonly bare?: string;
  /** Another name for it, in kebab-case. */
  readonly alias?: string;
  /** Under which heading `--help` shows it. Default: before all headings. */
  readonly group?: string;
  /** What `read` takes, to follow "needs". */
  readonly expects: string;
  /** The value that the text stands for, or `undefined` if it stands for none. */
  read(text: string): T | undefined;
}

/** Flags by name in kebab-case. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** Flags that `--help` shows together, under a heading. */
export function inGroup<const Table extends FlagTable>(group: string, table: Table): Table {
  const flags = Object.entries(table).map(([name, flag]) => [name, { ...flag, group }]);
  return Object.fromEntries(flags);
}

/** The values that a command line gives to a table of flags, by name in camelCase. */
export type Flags<Table extends FlagTable> = {
  [Name in keyof Table as CamelCase<Name & string>]: Table[Name] extends Flag<infer T> ? T : never;
};

/** `batch-size` to `batchSize`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The command line asks for something that there is not; the process exits with 2. */
export class UsageError extends Error {
  /** The name of the class. */
  override readonly name: string = "UsageError";
}

/**
 * Reads a command line without words of its own.
 *
 * Takes `--batch-size=64`, `--batch-size 64` and the same with underscores; `--resume` and
 * `--no-resume` for a flag that is on or off. Of a flag given twice the last counts.
 *
 * @throws {UsageError} for an unknown flag, a value that does not fit, or an argument without a flag
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
): Flags<Table> {
  const { values, words: [stray] } = splitArguments(table, args);
  if (stray === undefined) return values;
  throw new UsageError(`Cannot use "${stray}": needs a flag such as --name=value before it`);
}

/**
 * The values of the flags, and the words that belong to none.
 *
 * @throws {UsageError} as {@linkcode parseFlags} does, but for such words
 */
export function splitArguments<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
): { values: Flags<Table>; words: string[] } {
  const names = Object.keys(table);
  const plainArgs = plainly(table, args);
  const contradiction = plainArgs.find((arg) => /^--no-[^=]+=/.test(arg));
  if (contradiction) throw new UsageError(`Cannot use ${contradiction}: --no-... takes no value`);
  // All are declared as text, so that `--resume=maybe` arrives here and can be refused.
  const given: Record<string, unknown> = parseArgs(plainArgs, {
    string: ["_", ...names],
    negatable: names.filter((name) => isSwitch(table[name])),
    unknown: (arg, key) => {
      if (key !== undefined) throw unknownFlag(arg, names);
    },
  });
  const values = names.map((name) => [
    toCamelCase(name),
    given[name] === undefined ? table[name].default : readFlag(name, table[name], given[name]),
  ]);
  return { values: Object.fromEntries(values), words: given._ as string[] };
}

/**
 * Each flag by its own name in kebab-case; one that may go without a value with what it then stands for,
 * lest it take the word after it.
 */
function plainly(table: FlagTable, args: readonly string[]): string[] {
  const names = Object.keys(table);
  const aliases = new Map(names.map((name) => [table[name].alias ?? name, name]));
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.map((arg, i) => {
    if (i >= end) return arg;
    const plain = toKebabCase(arg).replace(/(?<=^--)[^=]+/, (name) => aliases.get(name) ?? name);
    const name = plain.replace(/^--/, "");
    const { bare, read } = plain !== name && names.includes(name) ? table[name] : noFlag;
    return bare !== undefined && read(args[i + 1] ?? "") === undefined ? `${plain}=${bare}` : plain;
  });
}

const noFlag: Pick<Flag<unknown>, "bare" | "read"> = { read: () => undefined };

function readFlag(name: string, flag: Flag<unknown>, given: unknown): unknown {
  const text = String(given);
  const value = text === "" ? undefined : flag.read(text);
  if (value !== undefined) return value;
  const got = text === "" ? "nothing" : `"${text}"`;
  throw new UsageError(`Cannot use --${name}: needs ${flag.expects}, got ${got}`);
}

function isSwitch(flag: Flag<unknown>): boolean {
  return flag.placeholder === "";
}

function unknownFlag(arg: string, names: readonly string[]): UsageError {
  const name = arg.replace(/^--?/, "").replace(/=.*$/s, "");
  if (names.includes(name)) {
    return new UsageError(`Cannot use --${name}: needs a value after "=", got nothing`);
  }
  const near = nearest(name, names);
  const hint = near ? `did you mean --${near}?` : "see --help";
  return new UsageError(`Cannot use ${arg.replace(/=.*$/s, "")}: there is no such flag; ${hint}`);
}

/** `--batch_size=a_b` to `--batch-size=a_b`. */
function toKebabCase(arg: string): string {
  return arg.replace(/^--[^=]+/, (name) => name.replaceAll("_", "-"));
}

function toCamelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
