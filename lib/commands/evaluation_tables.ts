/**
 * Tables of an evaluation.
 *
 * @module
 */
import { table } from "../cli/table.ts";
import type { Evaluation } from "../evaluate.ts";

/** A row for each class, then the confusion matrix: rows are labels, columns predictions. */
export function evaluationTables(
  { confusion }: Evaluation,
  classes: readonly string[],
): string[] {
  const perClass = classes.map((name, c) => {
    const correct = confusion[c][c];
    const labelled = confusion[c].reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[c], 0);
    return [name, String(labelled), share(correct, predicted), share(correct, labelled)];
  });
  const columns = classes.map((name) => name.slice(0, 6));
  return [
    ...table(["class", "pictures", "precision", "recall"], perClass),
    "",
    ...table(
      ["label \\ prediction", ...columns],
      classes.map((name, c) => [name, ...confusion[c].map(String)]),
    ),
    "",
  ];
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : (part / whole).toFixed(3);
}
