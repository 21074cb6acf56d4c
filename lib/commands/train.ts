/**
 * `train`: trains a network and keeps checkpoints of it.
 *
 * @module
 */
import type { Command, Io } from "../cli/command.ts";
import { boolean, integer, string } from "../cli/flag_types.ts";
import { type Flags, UsageError } from "../cli/flags.ts";
import { stepLine } from "../cli/format.ts";
import { describeAdapter, requestAdapter } from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import { tutorialNetwork } from "../models/tutorial.ts";
import { loadCheckpoint, newestCheckpoint, saveCheckpoint } from "../train/checkpoint.ts";
import { type Recipe, tutorialRecipe } from "../train/recipe.ts";
import { type RunConfig, RunDirectory, RunDirectoryError } from "../train/run_directory.ts";
import { fromCheckpoint, type Snapshot, toCheckpoint } from "../train/snapshot.ts";
import { train, type TrainEvent } from "../train/trainer.ts";
import type { DatasetName } from "../data/open.ts";
import { printProfile } from "./profile.ts";
import { adapterFlag, dataDirFlag, datasetFlag, openDatasetFor } from "./shared.ts";

const flags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
  "train-dir": string({
    help: "Directory of the run: configuration and checkpoints (default runs/DATASET)",
    placeholder: "DIR",
  }),
  "resume": boolean({ help: "Go on from the newest checkpoint in --train-dir" }),
  "max-steps": integer({ help: "Steps in all", min: 1, default: 1_000_000 }),
  "batch-size": integer({
    help: `Examples a step (default ${tutorialRecipe.batchSize})`,
    min: 1,
    max: 65_535,
  }),
  "seed": integer({
    help: `Seed of all randomness (default ${tutorialRecipe.seed})`,
    min: 0,
  }),
  "min-queue-examples": integer({
    help:
      `Examples that the shuffle queue holds at least (default ${tutorialRecipe.minQueueExamples})`,
    min: 0,
  }),
  "log-frequency": integer({ help: "Steps between lines of the log", min: 1, default: 10 }),
  "save-interval-secs": integer({ help: "Seconds between checkpoints", min: 1, default: 600 }),
  "num-gpus": integer({
    help: "Replicas of the model, each with its own batch",
    min: 1,
    default: 1,
  }),
  "adapter": adapterFlag,
  "log-device-placement": boolean({ help: "Say which adapter runs each layer" }),
  "use-fp16": boolean({
    help: "Store activations and their gradients as 16-bit numbers (mixed precision)",
    default: undefined,
  }),
  "profile": boolean({ help: "Time every kernel of a step, print a table, and end" }),
};

/** The command. */
export const command: Command<typeof flags> = {
  name: "train",
  summary: "Train the tutorial's network and keep checkpoints",
  flags,
  async run(flags, io) {
    refuseUnavailable(flags);
    if (flags.useFp16) await requireFp16(flags);
    const name = flags.dataset ?? "cifar10";
    const path = flags.trainDir ?? `runs/${name}`;
    if (flags.profile) return await profileStep(flags, io);

    using directory = await claim(path, flags.resume);
    const found = flags.resume ? await readRun(path) : undefined;
    const config = found ? resumedConfig(found.config, { flags, path }) : newConfig(flags);
    if (config.recipe.activations === "f16") await requireFp16(flags);
    const dataset = await openDatasetFor(io, {
      name: config.dataset as DatasetName,
      dir: flags.dataDir,
    });
    const model = tutorialNetwork({ classes: dataset.classes.length });
    using device = await Device.open({ adapter: flags.adapter });
    io.error(`Training ${config.model} on ${config.dataset} with "${device.summary.name}".`);
    if (flags.logDevicePlacement) {
      for (const row of model.rows) io.log(`tower_0/${row.name}: "${device.summary.name}"`);
    }
    const { maxSteps, logFrequency, saveIntervalSecs } = flags;
    await directory.writeConfig({ ...config, maxSteps, adapter: device.summary.name });
    const resume = found &&
      fromCheckpoint(found.checkpoint, { table: model.parameters, path: found.file });
    if (resume) io.error(`Going on from ${found!.file}, step ${resume.step}.`);
    const metadata = { config: JSON.stringify(config) };
    const save = (snapshot: Snapshot) =>
      saveCheckpoint(path, toCheckpoint(snapshot, { table: model.parameters, metadata }), {
        keep: 5,
      });

    const started = performance.now();
    const events = train(device, {
      model,
      dataset,
      recipe: config.recipe,
      maxSteps,
      logFrequency,
      saveSeconds: saveIntervalSecs,
      resume,
      save,
      signal: io.signal,
    });
    const startStep = resume?.step ?? 0;
    for await (const event of events) {
      report(event, io, { total: maxSteps, startStep, started });
    }
    io.progress(undefined);
    if (startStep >= maxSteps) {
      io.error(`Nothing to do: ${path} is at step ${startStep}, and --max-steps is ${maxSteps}.`);
    }
  },
};

/** Says what an event means to somebody who watches. */
export function report(
  event: TrainEvent,
  io: Io,
  { total, startStep, started }: { total: number; startStep: number; started: number },
): void {
  switch (event.type) {
    case "filling":
      io.log(
        `Filling queue with ${event.examples} images before starting to train. ` +
          "This will take a few seconds.",
      );
      break;
    case "progress": {
      const elapsedSeconds = (performance.now() - started) / 1000;
      io.progress({ step: event.done, total, startStep, elapsedSeconds, loss: event.loss });
      break;
    }
    case "step":
      io.log(stepLine({ ...event, loss: event.losses.raw.total_loss }));
      break;
    case "saved":
      io.error(`Saved ${event.path}.`);
      break;
  }
}

function refuseUnavailable(flags: Flags<typeof command.flags>): void {
  if (flags.numGpus > 1) {
    throw new UsageError(
      `Cannot use --num-gpus=${flags.numGpus}: this version trains on one adapter; ` +
        "give a larger --batch-size for the same gradient",
    );
  }
}

async function requireFp16({ adapter: preference }: Flags<typeof command.flags>): Promise<void> {
  const adapter = await requestAdapter(preference);
  if (adapter.features.has("shader-f16")) return;
  throw new UsageError(
    `Cannot train with 16-bit numbers on "${describeAdapter(adapter).name}": needs its feature ` +
      "shader-f16, got an adapter without it; train without --use-fp16, or choose another --adapter",
  );
}

async function claim(path: string, resume: boolean): Promise<RunDirectory> {
  try {
    return await RunDirectory.claim(path, { resume });
  } catch (error) {
    throw error instanceof RunDirectoryError ? new UsageError(error.message) : error;
  }
}

function newConfig(flags: Flags<typeof command.flags>): RunConfig {
  const {
    dataset = "cifar10",
    batchSize = tutorialRecipe.batchSize,
    seed = tutorialRecipe.seed,
    minQueueExamples = tutorialRecipe.minQueueExamples,
  } = flags;
  const recipe: Recipe = {
    ...tutorialRecipe,
    batchSize,
    seed,
    minQueueExamples,
    ...flags.useFp16 && { activations: "f16" },
  };
  return { dataset, model: "tutorial", recipe };
}

async function readRun(path: string) {
  const file = (await newestCheckpoint(path))!.path; // the directory was claimed as one with a run
  const checkpoint = await loadCheckpoint(file);
  const { config } = checkpoint.metadata;
  if (!config) {
    throw new Error(`Cannot resume from ${file}: needs the run's configuration in it, got none`);
  }
  return { file, checkpoint, config: JSON.parse(config) as RunConfig };
}

/** The run's own configuration; flags that are given must not say otherwise. */
function resumedConfig(
  config: RunConfig,
  { flags, path }: { flags: Flags<typeof command.flags>; path: string },
): RunConfig {
  const { recipe } = config;
  const pairs = [
    ["dataset", flags.dataset, config.dataset],
    ["batch-size", flags.batchSize, recipe.batchSize],
    ["seed", flags.seed, recipe.seed],
    ["min-queue-examples", flags.minQueueExamples, recipe.minQueueExamples],
    ["use-fp16", flags.useFp16, recipe.activations === "f16"],
  ] as const;
  for (const [name, given, kept] of pairs) {
    if (given !== undefined && given !== kept) {
      throw new UsageError(
        `Cannot resume ${path} with --${name}=${given}: the run was started with ${kept}; ` +
          "leave the flag out, or start a new run in another --train-dir",
      );
    }
  }
  return config;
}

async function profileStep(flags: Flags<typeof command.flags>, io: Io): Promise<void> {
  using device = await Device.open({ adapter: flags.adapter });
  const batch = flags.batchSize ?? tutorialRecipe.batchSize;
  const activations = flags.useFp16 ? "f16" : "f32";
  await printProfile(device, { model: tutorialNetwork(), batch, activations, io });
}
