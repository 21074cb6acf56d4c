/**
 * How to see runs again.
 *
 * @module
 */
import { commandLine } from "../started.ts";

/** The command that shows runs on the page, for a shell. */
export function showAgain(directories: readonly string[]): string {
  return commandLine(["dashboard", ...directories.map(quoted)].join(" "));
}

function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
