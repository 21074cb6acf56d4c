/**
 * `eval`: precision @ 1 of the newest checkpoint.
 *
 * @module
 */
import { join } from "@std/path";
import type { Command, Io } from "../cli/command.ts";
import { boolean, choice, integer, string } from "../cli/flag_types.ts";
import { type Flags, UsageError } from "../cli/flags.ts";
import { precisionLine } from "../cli/format.ts";
import { countRecords, type Dataset } from "../data/dataset.ts";
import type { DatasetName } from "../data/open.ts";
import { evaluate, type Evaluation } from "../evaluate.ts";
import { Device } from "../gpu/device.ts";
import { tutorialNetwork } from "../models/tutorial.ts";
import { writeFileAtomically } from "../files.ts";
import { type Checkpoint, loadCheckpoint, newestCheckpoint } from "../train/checkpoint.ts";
import type { RunConfig } from "../train/run_directory.ts";
import { parametersOf } from "../train/snapshot.ts";
import { evaluationTables } from "./evaluation_tables.ts";
import { adapterFlag, dataDirFlag, datasetFlag, openDatasetFor } from "./shared.ts";

const flags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
  "checkpoint-dir": string({
    help: "Directory of the run to evaluate (default runs/DATASET)",
    placeholder: "DIR",
  }),
  "eval-dir": string({
    help: "Where to keep the results as evaluation-STEP.json (default CHECKPOINT_DIR/eval)",
    placeholder: "DIR",
  }),
  "eval-data": choice(["test", "train"], { help: "Which pictures", default: "test" }),
  "num-examples": integer({ help: "Pictures to evaluate at most (default all)", min: 1 }),
  "batch-size": integer({ help: "Pictures at a time", min: 1, max: 65_535, default: 128 }),
  "averages": boolean({
    help: "Evaluate the parameters themselves and not their moving averages",
    default: true,
  }),
  "eval-interval-secs": integer({
    help: "Go on: look for a newer checkpoint every so many seconds (default once)",
    min: 1,
  }),
  "run-once": boolean({ help: "Evaluate once, whatever --eval-interval-secs says" }),
  "adapter": adapterFlag,
};

/** The command. */
export const command: Command<typeof flags> = {
  name: "eval",
  summary: "Evaluate the newest checkpoint of a run",
  flags,
  async run(flags, io) {
    const path = flags.checkpointDir ?? `runs/${flags.dataset ?? "cifar10"}`;
    using device = await Device.open({ adapter: flags.adapter });
    let dataset: Dataset | undefined;
    let evaluated = -1;
    const once = flags.runOnce || flags.evalIntervalSecs === undefined;
    while (!io.signal.aborted) {
      const newest = await newestCheckpoint(path);
      if (!newest && once) {
        throw new UsageError(
          `Cannot evaluate ${path}: it holds no checkpoint; train first, or give the ` +
            "--checkpoint-dir of a run",
        );
      }
      if (newest && newest.step > evaluated) {
        dataset = await evaluateNewest(device, { path, dataset, flags, io });
        evaluated = newest.step;
      }
      if (once) return;
      await wait(flags.evalIntervalSecs! * 1000, io.signal);
    }
  },
};

async function evaluateNewest(
  device: Device,
  { path, flags, io, ...opened }: {
    path: string;
    dataset: Dataset | undefined;
    flags: Flags<typeof command.flags>;
    io: Io;
  },
): Promise<Dataset> {
  const { file, checkpoint } = await readNewest(path);
  const config: RunConfig | undefined = checkpoint.metadata.config &&
    JSON.parse(checkpoint.metadata.config);
  const name = flags.dataset ?? config?.dataset as DatasetName ?? "cifar10";
  const dataset = opened.dataset ?? await openDatasetFor(io, { name, dir: flags.dataDir });
  const model = tutorialNetwork({ classes: dataset.classes.length });
  const table = model.parameters;
  const parameters = parametersOf(checkpoint, { table, averages: flags.averages });
  const total = Math.min(flags.numExamples ?? Infinity, countRecords(dataset, flags.evalData));
  const started = performance.now();
  const result = await evaluate(device, {
    model,
    parameters,
    dataset,
    split: flags.evalData,
    examples: total,
    batchSize: flags.batchSize,
    signal: io.signal,
    onProgress: (done) =>
      io.progress({ step: done, total, elapsedSeconds: (performance.now() - started) / 1000 }),
  });
  io.progress(undefined);
  const seconds = (performance.now() - started) / 1000;
  io.error(
    `Evaluated ${file} on ${result.examples} pictures of ${dataset.name} ${flags.evalData}, ` +
      `${(result.examples / seconds).toFixed(0)} examples/sec.`,
  );
  for (const line of evaluationTables(result, dataset.classes)) io.log(line);
  io.log(precisionLine({ precision: result.precision }));
  await keep(result, { dir: flags.evalDir ?? join(path, "eval"), checkpoint, flags });
  return dataset;
}

/** The newest checkpoint; looks again where a trainer removed it between the look and the reading. */
async function readNewest(path: string): Promise<{ file: string; checkpoint: Checkpoint }> {
  for (;;) {
    const newest = await newestCheckpoint(path);
    if (!newest) throw new Error(`Cannot evaluate ${path}: its checkpoints went away`);
    try {
      return { file: newest.path, checkpoint: await loadCheckpoint(newest.path) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function keep(
  result: Evaluation,
  { dir, checkpoint, flags }: {
    dir: string;
    checkpoint: Checkpoint;
    flags: Flags<typeof command.flags>;
  },
): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const { step } = checkpoint;
  const { evalData, averages } = flags;
  const text = JSON.stringify({ step, evalData, averages, ...result }) + "\n";
  await writeFileAtomically(join(dir, `evaluation-${step}.json`), [new TextEncoder().encode(text)]);
}

/** Resolves after so long, or as soon as the signal aborts. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
