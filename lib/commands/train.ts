/**
 * `train`: trains a network and keeps checkpoints of it.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import type { Command, Io } from "../cli/command.ts";
import { UsageError } from "../cli/flags.ts";
import type { Group } from "../distributed/group.ts";
import { describeAdapter, requestAdapter } from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import { newestCheckpoint, saveCheckpoint } from "../train/checkpoint.ts";
import type { RunDirectory } from "../train/run_directory.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import { type Snapshot, toCheckpoint } from "../train/snapshot.ts";
import { train } from "../train/trainer.ts";
import { datasetName } from "./dataset_flag.ts";
import { claimRun, readRun } from "./found_run.ts";
import { modelName, openModelFor } from "./model_flag.ts";
import { shortName } from "./name_or_file.ts";
import { printProfile } from "./profile.ts";
import { ioOf, joinRanks, share } from "./ranks.ts";
import { requireDirectory } from "./shared.ts";
import { showAgain } from "./show_again.ts";
import {
  type Adapters,
  allNames,
  listAdapters,
  logPlacement,
  openAdapters,
  requireF16,
} from "./train_adapters.ts";
import { type TrainFlags, trainFlags } from "./train_flags.ts";
import { planTraining, type TrainPlan } from "./train_plan.ts";
import { report, tellsOfStep } from "./train_report.ts";
import { withSummaries } from "./train_summaries.ts";

/** The command. */
export const command: Command<typeof trainFlags> = {
  name: "train",
  summary: "Train a network, the tutorial's or another, and keep checkpoints",
  flags: trainFlags,
  async run(flags, io) {
    if (flags.dashboard !== undefined && flags.summarySteps === 0) {
      throw new UsageError(
        "Cannot show a dashboard with --summary-steps=0: needs summaries, got none; leave one of them out",
      );
    }
    if (flags.initExcept !== undefined && flags.initFrom === undefined) {
      throw new UsageError(
        "Cannot use --init-except without --init-from: needs parameters to begin with, got none; leave it out",
      );
    }
    if (flags.useFp16) {
      const adapter = await requestAdapter(flags.adapter);
      requireF16({ ...describeAdapter(adapter), f16: adapter.features.has("shader-f16") });
    }
    if (flags.profile) return await profileStep(flags, io);
    if (!flags.distributed) return await trainAsOne(flags, io);
    using group = await joinRanks();
    await trainAsOne(flags, ioOf(group, io), group);
    await group.finalize();
  },
};

/** Trains in this process and those of its group, as one run that rank 0 leads. */
async function trainAsOne(flags: TrainFlags, io: Io, group?: Group): Promise<void> {
  const path = flags.trainDir ?? `runs/${shortName(datasetName(flags.dataset ?? "cifar10"))}`;
  await requireDirectory(path, "--train-dir");
  const leads = !group || group.rank === 0;
  const goOn = flags.resume ||
    flags.restartable && leads && await newestCheckpoint(path) !== undefined;
  using directory = leads ? await claimRun(path, goOn) : undefined;
  const found = await share(group, directory && goOn ? await readRun(path) : undefined);
  const plan = await planTraining(flags, { path, found, io, group });
  const { config, model, maxSteps, dataDir, resume, changes } = plan;
  using where = await openAdapters(config, { adapter: flags.adapter, io, group });
  const names = await allNames(where.places, group);
  io.error(`Training ${config.model} on ${plan.dataset.name} with ${listAdapters(names)}.`);
  if (flags.logDevicePlacement) logPlacement(io, { model, names });
  if (resume) io.error(`Going on from ${resume.path}, step ${resume.step}.`);
  for (const change of changes) io.error(`From here on: ${change}.`);

  await using _dashboard = leads ? await openDashboard(directory!, { flags, io }) : undefined;
  const started = performance.now(), startStep = resume?.step ?? 0;
  const shown = { ...config, maxSteps, adapters: names, dataDir: resolve(dataDir) };
  const events = eventsOf(plan, { path, flags, where, leads, io, group });
  const { classes } = plan.dataset;
  const told = leads && flags.summarySteps > 0
    ? withSummaries(events, { path, model, classes, config: shown, startStep, io })
    : events;
  let began = false;
  for await (const event of told) {
    if (!began && tellsOfStep(event, startStep)) {
      began = true;
      await directory?.writeConfig(shown);
    }
    report(event, io, { total: maxSteps, startStep, started });
  }
  io.progress(undefined);
  if (startStep >= maxSteps) {
    io.error(`Nothing to do: ${path} is at step ${startStep}, and --max-steps is ${maxSteps}.`);
  }
}

/** Steps between checkpoints with several towers, as in the tutorial. */
const towerSaveSteps = 1000;

/** Trains as planned, keeping checkpoints where this process leads. */
function eventsOf(
  { config, dataset, model, maxSteps, parameters, resume }: TrainPlan,
  { path, flags, where, leads, io, group }: {
    path: string;
    flags: TrainFlags;
    where: Adapters;
    leads: boolean;
    io: Io;
    group?: Group;
  },
): ReturnType<typeof train> {
  const { recipe, towers } = config;
  const options = { table: model.parameters, config };
  const save = (snapshot: Snapshot) =>
    saveCheckpoint(path, toCheckpoint(snapshot, options), { keep: 5 });
  return train(where.device ?? where.places, {
    model,
    dataset,
    recipe,
    parameters,
    maxSteps,
    logFrequency: flags.logFrequency,
    saveSeconds: flags.saveIntervalSecs,
    summarySteps: flags.summarySteps || undefined,
    saveSteps: towers > 1 ? towerSaveSteps : undefined,
    resume,
    save: leads ? save : undefined,
    signal: io.signal,
    group,
  });
}

/** The page of `--dashboard`, in a thread of its own; at the end it is said how to see again what stays. */
async function openDashboard(
  directory: RunDirectory,
  { flags: { dashboard }, io }: { flags: TrainFlags; io: Io },
): Promise<AsyncDisposable | undefined> {
  if (dashboard === undefined) return;
  const { startDashboard } = await import("../dashboard/in_thread.ts");
  const { path } = directory;
  const runs = [{ name: basename(resolve(path)), directory: path }];
  const port = dashboard === true ? undefined : dashboard;
  const shown = await startDashboard({ runs, port });
  io.error(`The run is shown at ${shown.url}`);
  return {
    async [Symbol.asyncDispose]() {
      const again = directory.stays ? showAgain([path]) : undefined;
      await shown.end(again);
      io.error(`The page has ended with the run.${again ? ` To see it again: ${again}` : ""}`);
    },
  };
}

async function profileStep(flags: TrainFlags, io: Io): Promise<void> {
  using device = await Device.open({ adapter: flags.adapter });
  const batch = flags.batchSize ?? tutorialRecipe.batchSize;
  const activations = flags.useFp16 ? "f16" : "f32";
  const { imageSize: size } = flags;
  const picture = size === undefined ? undefined : { height: size, width: size, channels: 3 };
  const name = modelName(flags.model ?? "tutorial");
  const model = await openModelFor(name, { classes: 10, picture });
  await printProfile(device, { model, picture, batch, activations, io });
}
