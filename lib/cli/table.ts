/**
 * Tables of text.
 *
 * @module
 */

/** Lines of aligned columns under their headings: words to the left, numbers to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column].length))
  );
  const numeric = headings.map((_, column) =>
    rows.every((row) => /^[\d.,%–-]*$/.test(row[column]))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
    ).join("  ").trimEnd();
  return [line(headings), ...rows.map(line)];
}
