/**
 * `show`: the curves of runs as text.
 *
 * @module
 */
import { type Axis, axisOf, formatValue, rounded, type Scale } from "../cli/axis.ts";
import { chart } from "../cli/chart.ts";
import type { Command, Io } from "../cli/command.ts";
import { boolean, choice, string } from "../cli/flag_types.ts";
import { UsageError } from "../cli/flags.ts";
import { matching } from "../cli/patterns.ts";
import { printable } from "../cli/printable.ts";
import { words } from "../cli/positionals.ts";
import { wrap } from "../cli/wrap.ts";
import { RunFinder } from "../dashboard/find_runs.ts";
import { readScalars, type RunScalars, type ScalarPoint } from "./run_scalars.ts";

const shownTags = ["total_loss", "precision @ 1", "learning_rate", "examples/sec"];

const flags = {
  "tags": string({
    help: "What to show, with commas between; * stands for any letters, as in */sparsity " +
      `(default ${shownTags.join(",")}; with --json all)`,
    placeholder: "TAG,...",
  }),
  "scale": choice(["auto", "linear", "log"], {
    help: "Scale of the values; auto is log for those that span more than ten times",
    default: "auto",
  }),
  "json": boolean({
    help: "Print one line of JSON for each point: run, tag, step, wallTime (seconds since 1970), " +
      "value (null where it is not finite)",
  }),
};

const positionals = {
  runs: words({
    placeholder: "RUN",
    help: "Directory of a run, or one that holds several; several are compared",
  }),
};

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "show",
  summary: "Show the curves of runs as text, from their event files",
  positionals,
  flags,
  async run({ runs: paths, tags: asked, scale, json }, io) {
    const found = (await Promise.all(paths.map(runsOf))).flat();
    const runs = await Promise.all([...new Set(found)].map((path) => readScalars(path, io)));
    for (const problem of runs.flatMap(({ problems }) => problems)) io.error(`${problem}.`);
    const known = [...new Set(runs.flatMap(({ byTag }) => [...byTag.keys()]))];
    const tags = chooseTags(known, { asked: asked?.split(","), all: json });
    if (json) printPoints(runs, { tags, io });
    else printCharts(runs, { tags, scale, io });
  },
};

/** The runs of a directory; what is none is left to be refused. */
async function runsOf(path: string): Promise<string[]> {
  const { runs } = await new RunFinder([path]).look();
  return runs.length > 0 ? runs.map(({ directory }) => directory) : [path];
}

/** Those of the known tags that are asked for; without asking all, or those that people look at first. */
function chooseTags(
  known: readonly string[],
  { asked, all }: { asked?: readonly string[]; all: boolean },
): string[] {
  if (known.length === 0) {
    throw new UsageError("Cannot show any curve: the event files hold no numbers");
  }
  if (!asked) return all ? [...known] : firstTags(known);
  const options = { names: known, cannot: "Cannot show", noun: "tag" };
  return [...new Set(asked.flatMap((pattern) => matching(pattern, options)))];
}

function firstTags(known: readonly string[]): string[] {
  const first = shownTags.filter((tag) => known.includes(tag));
  if (first.length > 0) return first;
  throw new UsageError(
    `Cannot show ${shownTags.join(", ")}: there are only ${known.join(", ")}; choose with --tags`,
  );
}

function printPoints(
  runs: readonly RunScalars[],
  { tags, io }: { tags: readonly string[]; io: Io },
): void {
  for (const { path, byTag } of runs) {
    for (const tag of tags) {
      for (const { step, wallTime, value } of byTag.get(tag) ?? []) {
        io.log(JSON.stringify({ run: path, tag, step, wallTime, value }));
      }
    }
  }
}

/**
 * The values that the scale has to hold: all but a first one that alone makes it three times as large, such
 * as the speed of the step that waited for kernels to be compiled.
 */
function telling(points: readonly ScalarPoint[]): number[] {
  const values = points.map(({ value }) => value).filter(Number.isFinite);
  const rest = values.slice(1);
  const span = (values: readonly number[]) => {
    const { min, max } = rangeOf(values);
    return max - min;
  };
  return rest.length >= 10 && span(values) > 3 * span(rest) ? rest : values;
}

function rangeOf(values: readonly number[]): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return { min, max };
}

/** One curve of a chart. */
interface Curve {
  readonly run: string;
  readonly points: readonly ScalarPoint[];
}

function printCharts(
  runs: readonly RunScalars[],
  { tags, scale, io }: { tags: readonly string[]; scale: Scale; io: Io },
): void {
  const curvesOf = (tag: string) =>
    runs.flatMap(({ path, byTag }): Curve[] => {
      const points = byTag.get(tag);
      return points ? [{ run: printable(path), points }] : [];
    });
  const charts = tags.map((tag) => ({ tag, curves: curvesOf(tag) }));
  // All charts have the same steps, so that what is below one another belongs together.
  const steps = stepsOf(charts.flatMap(({ curves }) => curves));
  for (const [i, { tag, curves }] of charts.entries()) {
    const values = rounded(axisOf(curves.flatMap(({ points }) => telling(points)), scale));
    if (i > 0) io.log("");
    io.log(printable(tag) + (values.log ? ", log scale" : ""));
    // Colours tell curves apart; those that there are none left for have a chart of their own on the same axes.
    for (const group of inGroups(curves, io.color ? colors.length : 1)) {
      printChart(group, { steps, values, io });
    }
  }
}

function inGroups<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, i) => all.slice(i * size, (i + 1) * size));
}

function printChart(
  curves: readonly Curve[],
  { steps, values, io }: { steps: Axis; values: Axis; io: Io },
): void {
  const { columns, ascii, color } = io;
  const paint = (text: string, curve: number) =>
    color ? `\x1b[${colors[curve]}m${text}\x1b[0m` : text;
  const points = curves.map(({ points }) => points);
  for (const line of chart(points, { columns, steps, values, paint, ascii })) io.log(line);
  const width = io.toTerminal ? columns : Infinity;
  for (const [i, { run, points }] of curves.entries()) {
    const words = describe(points);
    if (`  ${run}: ${words}`.length <= width) {
      io.log(`  ${paint(run, i)}: ${words}`);
      continue;
    }
    io.log(`  ${paint(endOf(run, { width: width - 3, ascii }), i)}:`);
    for (const line of wrap(words, width - 4)) io.log(`    ${line}`);
  }
}

/** The end of a path tells it from others. */
function endOf(path: string, { width, ascii }: { width: number; ascii?: boolean }): string {
  const mark = ascii ? "~" : "…";
  return path.length <= width ? path : mark + path.slice(mark.length - width);
}

/** Cyan, yellow, magenta, green, blue, red. */
const colors = [36, 33, 35, 32, 34, 31];

function describe(points: readonly ScalarPoint[]): string {
  const at = ({ step, value }: ScalarPoint) => `${formatValue(value)} at step ${step}`;
  const { min, max } = rangeOf(points.map(({ value }) => value).filter(Number.isFinite));
  const first = (extreme: number) => points.find(({ value }) => value === extreme)!;
  const ends = min > max ? "" : `, least ${at(first(min))}, greatest ${at(first(max))}`;
  return `last ${at(points.at(-1)!)}${ends}`;
}

function stepsOf(curves: readonly Curve[]): Axis {
  const { min, max } = rangeOf(curves.flatMap(({ points }) => points.map(({ step }) => step)));
  return { min, max: Math.max(max, min + 1), log: false };
}
