/**
 * The table of what was held against others' numbers.
 *
 * @module
 */

/** What became of one case. */
export interface Outcome {
  readonly name: string;
  readonly op: string;
  /** `passed`, `failed`, or why it does not apply. */
  readonly result: "passed" | "failed" | { readonly reason: string };
}

/** A row for each operation, as Markdown: what passed, of what applies, of all; and the rest by reasons. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const ops = [...new Set(outcomes.map(({ op }) => op))];
  const rows = ops.map((op) => rowOf(op, outcomes.filter((outcome) => outcome.op === op)));
  const all = counted(outcomes);
  return `| operation | passed | applicable | total | does not apply |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
| **all** | **${all.passed}** | **${all.applicable}** | **${all.total}** | |
`;
}

function rowOf(op: string, outcomes: readonly Outcome[]): string {
  const { passed, applicable, total } = counted(outcomes);
  const byReason = new Map<string, string[]>();
  for (const { name, result } of outcomes) {
    if (typeof result === "string") continue;
    byReason.set(result.reason, [...byReason.get(result.reason) ?? [], `\`${name}\``]);
  }
  // Where the reason is one for all there is no need for names.
  const reasons = [...byReason].map(([reason, names]) =>
    names.length === total ? reason : `${reason}: ${names.join(", ")}`
  );
  return `| ${op} | ${passed} | ${applicable} | ${total} | ${reasons.join("; ")} |`;
}

function counted(outcomes: readonly Outcome[]) {
  const of = (result: string) => outcomes.filter((outcome) => outcome.result === result).length;
  const passed = of("passed");
  return { passed, applicable: passed + of("failed"), total: outcomes.length };
}
