/**
 * The texts of `--help`.
 *
 * @module
 */

import { packageName, programLine } from "../started.ts";
import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";
import type { PositionalTable } from "./positionals.ts";
import { wrap } from "./wrap.ts";

/** Options of both help texts. */
export interface HelpOptions {
  /** Characters in a line. */
  readonly columns: number;
}

/** What `--help` prints. */
export function programHelp(commands: readonly Command[], options: HelpOptions): string {
  return [
    "Tower trains and runs convolutional networks on WebGPU.",
    "",
    `Usage: ${program()} COMMAND [WORD ...] [--flag=value ...]`,
    "",
    ...columnsOf(commands.map(({ name, summary }) => [name, summary]), options),
    "",
    ...wrap(
      `Flags of a command: ${program()} help COMMAND. Flags may be written with underscores: --batch_size.`,
      options.columns,
    ),
  ].join("\n");
}

/** What `help COMMAND` and `COMMAND --help` print. */
export function commandHelp(command: Command, options: HelpOptions): string {
  const words: PositionalTable = command.positionals ?? {};
  const wordRows = Object.values(words).map(({ placeholder, help }): [string, string] => [
    placeholder,
    help,
  ]);
  const flags = Object.entries(command.flags);
  const rowsOf = (wanted: string | undefined) =>
    flags.filter(([, { group }]) => group === wanted).map(([name, flag]): [string, string] => [
      flagUsage(name, flag),
      flag.help + defaultNote(flag),
    ]);
  const groups = [...new Set(flags.flatMap(([, { group }]) => group ?? []))];
  const blocks = [
    { heading: [], rows: [...wordRows, ...rowsOf(undefined)] },
    ...groups.map((group) => ({ heading: [`${group}:`], rows: rowsOf(group) })),
  ].filter(({ rows }) => rows.length > 0);
  const left = leftWidth(blocks.flatMap(({ rows }) => rows));
  const usage = [
    command.name,
    ...Object.values(words).map(({ placeholder, many }) => placeholder + (many ? "..." : "")),
    ...(flags.length > 0 ? ["[--flag=value ...]"] : []),
  ];
  return [
    ...wrap(`${command.summary}.`, options.columns),
    "",
    `Usage: ${program()} ${usage.join(" ")}`,
    ...blocks.flatMap(({ heading, rows }) => ["", ...heading, ...columnsOf(rows, options, left)]),
  ].join("\n");
}

/** What people type first; in a checkout the file says enough. */
function program(): string {
  return packageName() ? programLine() : "cli.ts";
}

function flagUsage(name: string, flag: Flag<unknown>): string {
  if (flag.alias) return `--${name}, --${flag.alias}=${flag.placeholder}`;
  if (flag.placeholder !== "" && flag.bare !== undefined) return `--${name}[=${flag.placeholder}]`;
  if (flag.placeholder !== "") return `--${name}=${flag.placeholder}`;
  if (flag.default === undefined) return `--[no-]${name}`;
  return flag.default === true ? `--no-${name}` : `--${name}`;
}

function defaultNote(flag: Flag<unknown>): string {
  const unsaid = flag.default === undefined || flag.placeholder === "";
  return unsaid ? "" : ` (default ${flag.default})`;
}

/** Characters of the first column, but for what is too wide for it. */
function leftWidth(rows: readonly [string, string][]): number {
  return Math.max(0, ...rows.map(([name]) => name.length).filter((length) => length <= 30));
}

/** Two columns, the second one wrapped; a first one that is too wide gets a line of its own. */
function columnsOf(
  rows: readonly [string, string][],
  { columns }: HelpOptions,
  left: number = leftWidth(rows),
): string[] {
  const indent = " ".repeat(2 + left + 2);
  return rows.flatMap(([name, text]) => {
    const lines = wrap(text, Math.max(20, columns - indent.length));
    if (name.length > left) return [`  ${name}`, ...lines.map((line) => indent + line)];
    return lines.map((line, i) => (i === 0 ? `  ${name.padEnd(left)}  ` : indent) + line);
  });
}
