/**
 * Do the runs of two systems differ by more than runs of one system differ among themselves?
 *
 * @module
 */
import { table } from "../lib/cli/table.ts";

/** A row: its name, and the number of a run that it is about. */
export type Row<Run> = readonly [name: string, of: (run: Run) => number];

/** What is compared. */
export interface Comparison<Run> {
  /** What the rows are about. */
  readonly heading: string;
  readonly rows: readonly Row<Run>[];
  /** Rows in which runs spread alike: their common deviation serves for all. Default: each its own. */
  readonly alike?: readonly Row<Run>[];
  /** Digits to show. */
  readonly digits: number;
  /** How far rounding may have moved a number. */
  readonly rounding: number;
  /** The runs of both, at least three in all. */
  readonly torch: readonly Run[];
  readonly tower: readonly Run[];
}

/**
 * A table of means, with how far apart they are in 95% of cases if the runs are of one kind: Student's
 * `t · s · √(1/n + 1/m)` with the deviation `s` of runs from the mean of their own system.
 */
export function compare<Run>(comparison: Comparison<Run>): string[] {
  const { heading, rows, alike, digits, rounding, torch, tower } = comparison;
  const scatter = ([, of]: Row<Run>) => squares(torch.map(of)) + squares(tower.map(of));
  const freedom = torch.length + tower.length - 2;
  const t = quantile(freedom * (alike?.length ?? 1));
  const cells = rows.map((row) => {
    const [name, of] = row;
    const theirs = mean(torch.map(of)), ours = mean(tower.map(of));
    const deviation = Math.sqrt(mean((alike ?? [row]).map(scatter)) / freedom);
    const reach = t * deviation * Math.sqrt(1 / torch.length + 1 / tower.length) + rounding;
    const numbers = [theirs, ours, ours - theirs, deviation, reach];
    const holds = Math.abs(ours - theirs) <= reach ? "yes" : "no";
    return [name, ...numbers.map((value) => value.toFixed(digits)), holds];
  });
  const runs = (name: string, { length }: readonly Run[]) =>
    `${name}, ${length} ${length === 1 ? "run" : "runs"}`;
  const headings = [runs("PyTorch", torch), runs("Tower", tower), "difference", "deviation"];
  return table([heading, ...headings, "95% within ±", "holds"], cells);
}

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sum of squares about the mean. */
function squares(values: readonly number[]): number {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0);
}

/** 95% of Student's t lies within ± this. */
function quantile(freedom: number): number {
  const few = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  // Within 0.02 from 11 on.
  return few[freedom - 1] ?? 1.96 + 2.5 / freedom;
}
