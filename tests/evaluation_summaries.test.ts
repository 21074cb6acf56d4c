// Evaluations of a run that goes on from an earlier step, or begins anew.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Io } from "../lib/cli/command.ts";
import { withSummaries } from "../lib/commands/train_summaries.ts";
import { shapes } from "../lib/data/shapes.ts";
import { ConfusedPictures, EvaluationSummaries } from "../lib/evaluation_summaries.ts";
import { EventReader, withoutPurged } from "../lib/summary/event_reader.ts";
import type { TrainEvent } from "../lib/train/train_event.ts";
import { inTemporary } from "./support/temporary.ts";
import { tinyModel } from "./support/tiny.ts";

const dataset = shapes({ train: 10, test: 10 }), { classes } = dataset;

function record(summaries: EvaluationSummaries, step: number): Promise<void> {
  const confusion = classes.map(() => classes.map(() => 1));
  const subject = { split: "test", averages: true } as const;
  const pictures = new ConfusedPictures(dataset);
  const evaluation = { precision: 0.1, confusion, examples: classes.length ** 2 };
  return summaries.record(evaluation, { step, dataset, subject, pictures });
}

/** A run that does one step from a step on. */
async function runFrom(path: string, startStep: number): Promise<void> {
  const io: Io = {
    log: () => {},
    error: (line) => assertEquals(line, ""),
    progress: () => {},
    columns: 80,
    signal: new AbortController().signal,
  };
  const events: TrainEvent[] = [{ type: "progress", done: startStep + 1, loss: 1 }];
  const given = ReadableStream.from(events);
  const options = { path, model: tinyModel, classes, config: {}, startStep, io };
  await Array.fromAsync(withSummaries(given, options));
}

/** The steps of the evaluations that count. */
async function stepsIn(run: string): Promise<number[]> {
  const events = withoutPurged(await new EventReader(join(run, "eval")).poll());
  return events.flatMap(({ step, values }) => values ? [step] : []);
}

Deno.test("a run that goes on takes back evaluations of later steps, one that begins anew all", () =>
  inTemporary(async (run) => {
    using summaries = await EvaluationSummaries.open(join(run, "eval"));
    for (const step of [50, 95, 112]) await record(summaries, step);
    await runFrom(run, 95);
    assertEquals(await stepsIn(run), [50, 95]);
    // Whoever evaluated before the run went on does so still.
    await record(summaries, 100);
    await record(summaries, 105);
    assertEquals(await stepsIn(run), [50, 95, 100, 105]);
    const files = () => [...Deno.readDirSync(join(run, "eval"))].length;
    const before = files();
    await runFrom(run, 105);
    assertEquals([await stepsIn(run), files()], [[50, 95, 100, 105], before]);
    await runFrom(run, 0);
    assertEquals(await stepsIn(run), []);
  }));

Deno.test("a run without evaluations makes no place for them", () =>
  inTemporary(async (run) => {
    await runFrom(run, 0);
    assertEquals([...Deno.readDirSync(run)].map(({ isFile }) => isFile), [true]);
  }));
