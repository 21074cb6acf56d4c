/**
 * `eval`: precision @ 1 of the newest checkpoint.
 *
 * @module
 */
import { join } from "@std/path";
import type { Command, Io } from "../cli/command.ts";
import { boolean, choice, integer, string } from "../cli/flag_types.ts";
import { type Flags, UsageError } from "../cli/flags.ts";
import { count, precisionLine } from "../cli/format.ts";
import { reasonOf } from "../system_error.ts";
import { countRecords, type Dataset } from "../data/dataset.ts";
import { evaluate, type Evaluation } from "../evaluate.ts";
import {
  ConfusedPictures,
  type EvaluationSubject,
  EvaluationSummaries,
  subjectWords,
} from "../evaluation_summaries.ts";
import { Device } from "../gpu/device.ts";
import { removeIfThere, writeFileAtomically } from "../files.ts";
import { type Checkpoint, loadNewestCheckpoint, newestCheckpoint } from "../train/checkpoint.ts";
import { parametersOf } from "../train/snapshot.ts";
import {
  dataDirFlag,
  datasetFlag,
  datasetName,
  openDatasetFor,
  placeOfRun,
} from "./dataset_flag.ts";
import { evaluationTables } from "./evaluation_tables.ts";
import { configOf } from "./found_run.ts";
import { movedModel, movedModelFlag, openModelFor, taskOf } from "./model_flag.ts";
import { shortName } from "./name_or_file.ts";
import { requireSameClasses } from "./same_data.ts";
import { requireSameModel } from "./same_model.ts";
import { adapterFlag, requireDirectory } from "./shared.ts";

const flags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
  "checkpoint-dir": string({
    help: "Directory of the run to evaluate (default runs/DATASET)",
    placeholder: "DIR",
  }),
  "model": movedModelFlag,
  "eval-dir": string({
    help:
      "Where to keep the results, as evaluation-STEP.json (evaluation-STEP-train.json, and so on) " +
      "and for TensorBoard and the dashboard " +
      "(default CHECKPOINT_DIR/eval)",
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
    const name = datasetName(flags.dataset ?? "cifar10");
    const path = flags.checkpointDir ?? `runs/${shortName(name)}`;
    await requireDirectory(path, "--checkpoint-dir");
    using device = await Device.open({ adapter: flags.adapter });
    const once = flags.runOnce || flags.evalIntervalSecs === undefined;
    let dataset: Dataset | undefined;
    let evaluated = -1;
    using stack = new DisposableStack();
    let summaries: EvaluationSummaries | undefined;
    while (!io.signal.aborted) {
      const checkpoint = await loadNewestCheckpoint(path);
      if (!checkpoint && once) {
        throw new UsageError(
          `Cannot evaluate ${path}: it holds no checkpoint; train first, or give the ` +
            "--checkpoint-dir of a run",
        );
      }
      if (checkpoint && checkpoint.step !== evaluated) {
        dataset ??= await openDatasetOf(checkpoint, { path, flags, io });
        const dir = flags.evalDir ?? join(path, "eval");
        await makeWritable(dir);
        const openSummaries = async () =>
          summaries ??= stack.use(await EvaluationSummaries.open(dir));
        const work = { checkpoint, dataset, path, dir, openSummaries, flags, io };
        await evaluateCheckpoint(device, work);
        evaluated = checkpoint.step;
      }
      if (once) return;
      await wait(flags.evalIntervalSecs! * 1000, io.signal);
    }
  },
};

/**
 * The data set that a run was trained on, unless the flags name another.
 *
 * @throws {UsageError} if it has not the classes that the run has learned
 */
async function openDatasetOf(
  checkpoint: Checkpoint,
  { path, flags, io }: { path: string; flags: Flags<typeof command.flags>; io: Io },
): Promise<Dataset> {
  const config = configOf(checkpoint, { doing: "evaluate", path });
  const place = await placeOfRun(config, { path, ...flags });
  const dataset = await openDatasetFor(io, place);
  requireSameClasses(config, { dataset, what: `evaluate ${path}` });
  return dataset;
}

async function evaluateCheckpoint(
  device: Device,
  { checkpoint, dataset, path, dir, openSummaries, flags, io }: {
    checkpoint: Checkpoint;
    dataset: Dataset;
    path: string;
    dir: string;
    openSummaries: () => Promise<EvaluationSummaries>;
    flags: Flags<typeof command.flags>;
    io: Io;
  },
): Promise<void> {
  const config = configOf(checkpoint, { doing: "evaluate", path });
  const name = movedModel(config.model, flags.model);
  const model = await openModelFor(name, taskOf(dataset));
  requireSameModel({ ...config, model: name }, { model, what: `evaluate ${path}`, trains: false });
  const table = model.parameters;
  const parameters = parametersOf(checkpoint, { table, averages: flags.averages });
  const total = Math.min(flags.numExamples ?? Infinity, countRecords(dataset, flags.evalData));
  const pictures = new ConfusedPictures(dataset);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const result = await evaluate(device, {
    model,
    parameters,
    dataset,
    split: flags.evalData,
    examples: total,
    batchSize: flags.batchSize,
    signal: io.signal,
    onExample: (example) => pictures.add(example),
    onProgress: (done) => io.progress({ step: done, total, elapsedSeconds: elapsed() }),
  });
  io.progress(undefined);
  io.error(
    `Evaluated step ${checkpoint.step} of ${path} on ${count(result.examples, "picture")} of ` +
      `${dataset.name} ${flags.evalData}: ${
        (result.examples / elapsed()).toFixed(0)
      } examples/sec.`,
  );
  for (const line of evaluationTables(result, dataset.classes)) io.log(line);
  io.log(precisionLine({ precision: result.precision }));
  const { step } = checkpoint;
  const newest = await newestCheckpoint(path);
  if (newest && newest.step < step) {
    io.error(`${path} went back to step ${newest.step} meanwhile, so this is not kept.`);
    return;
  }
  const subject = { split: flags.evalData, averages: flags.averages };
  await keep(result, { dir, step, subject });
  const summaries = await openSummaries();
  await summaries.record(result, { step, dataset, subject, pictures });
}

/** @throws {UsageError} if there can be no results */
async function makeWritable(dir: string): Promise<void> {
  try {
    await Deno.mkdir(dir, { recursive: true });
    await removeIfThere(await Deno.makeTempFile({ dir, prefix: ".", suffix: ".tmp" }));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new UsageError(
      `Cannot write ${dir}: ${reasonOf(error)}; --eval-dir names another directory for the results`,
    );
  }
}

async function keep(
  result: Evaluation,
  { dir, step, subject }: { dir: string; step: number; subject: EvaluationSubject },
): Promise<void> {
  const text = JSON.stringify({ step, ...subject, ...result }) + "\n";
  const words = ["evaluation", step, ...subjectWords(subject)].join("-").replaceAll(" ", "-");
  await writeFileAtomically(join(dir, `${words}.json`), [new TextEncoder().encode(text)]);
}

/** Resolves after so long, or as soon as the signal aborts. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
