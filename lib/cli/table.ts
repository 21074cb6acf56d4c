/**
 * Tables of text.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** Options of {@linkcode table}. */
export interface TableOptions {
  /** Characters in a line, at most. Default: as many as it takes. */
  readonly columns?: number;
  /**
   * Numbers of the columns that others can do without, the first to go first: one of words is shortened while
   * that is enough, and left out otherwise. Default: none.
   */
  readonly expendable?: readonly number[];
  /** Whether to do without letters beyond ASCII. Default: no. */
  readonly ascii?: boolean;
}

/** A column of words is not made narrower than that. */
const leastWidth = 10;

/** A column as it is shown. */
interface Column {
  readonly cells: readonly string[];
  readonly numeric: boolean;
  readonly width: number;
}

/**
 * Lines of aligned columns under their headings: words to the left, numbers to the right. What is still too
 * wide without the columns that can go loses the ends of the words in its first.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { columns: most = Infinity, expendable = [], ascii = false }: TableOptions = {},
): string[] {
  const columns = headings.map((heading, column): Column => {
    const cells = [heading, ...rows.map((row) => row[column])].map(printable);
    const numeric = rows.every((row) => /^[\d.,%–-]*$/.test(row[column]));
    return { cells, numeric, width: Math.max(...cells.map(({ length }) => length)) };
  });
  const kept = new Map(columns.entries());
  const excess = () => [...kept.values()].reduce((sum, { width }) => sum + width + 2, -2) - most;
  const shrink = (at: number, least: number) => {
    const column = kept.get(at)!;
    kept.set(at, { ...column, width: Math.max(least, column.width - excess()) });
  };
  for (const at of expendable) {
    if (excess() <= 0) break;
    const { numeric, width } = kept.get(at)!;
    if (!numeric && width - excess() >= leastWidth) shrink(at, leastWidth);
    else kept.delete(at);
  }
  if (excess() > 0) shrink(0, 1);
  const shown = [...kept.values()];
  return [headings, ...rows].map((_, line) =>
    shown.map(({ cells, numeric, width }) => {
      const cell = shortened(cells[line], { width, ascii });
      return numeric ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
}

function shortened(text: string, { width, ascii }: { width: number; ascii: boolean }): string {
  return text.length <= width ? text : text.slice(0, width - 1) + (ascii ? "~" : "…");
}
