/**
 * How to see runs again.
 *
 * @module
 */

/** The command that shows runs on the page, for a shell. */
export function showAgain(directories: readonly string[]): string {
  return `deno task dashboard ${directories.map(quoted).join(" ")}`;
}

function quoted(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
