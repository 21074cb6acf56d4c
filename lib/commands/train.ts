/**
 * `train`: trains a network and keeps checkpoints of it.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import type { Command, Io } from "../cli/command.ts";
import { UsageError } from "../cli/flags.ts";
import type { DatasetName } from "../data/open.ts";
import type { Group } from "../distributed/group.ts";
import { readParameters } from "../export/arena.ts";
import { describeAdapter, requestAdapter } from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import type { Model } from "../layers/sequential.ts";
import type { ParameterTable } from "../parameters.ts";
import {
  type Checkpoint,
  loadCheckpoint,
  newestCheckpoint,
  saveCheckpoint,
} from "../train/checkpoint.ts";
import { gather } from "../train/tower_group.ts";
import { placeTowers } from "../train/placement.ts";
import { placeOn, type TowerPlace } from "../train/replica.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import {
  readNotes,
  type RunConfig,
  RunDirectory,
  RunDirectoryError,
} from "../train/run_directory.ts";
import { fromCheckpoint, type Snapshot, toCheckpoint } from "../train/snapshot.ts";
import { train } from "../train/trainer.ts";
import { printProfile } from "./profile.ts";
import { ioOf, joinRanks, oneFirst, share } from "./ranks.ts";
import { modelName, openModelFor } from "./model_flag.ts";
import { newConfig, resumedConfig, suitedTo, withData } from "./run_config.ts";
import { stepsOf } from "./recipe_flags.ts";
import { requireSameData } from "./same_data.ts";
import { dataDirOf, openDatasetFor, requireDirectory } from "./shared.ts";
import { showAgain } from "./show_again.ts";
import { type TrainFlags, trainFlags } from "./train_flags.ts";
import { report } from "./train_report.ts";
import { withSummaries } from "./train_summaries.ts";

/** The command. */
export const command: Command<typeof trainFlags> = {
  name: "train",
  summary: "Train a network, the tutorial's or another, and keep checkpoints",
  flags: trainFlags,
  async run(flags, io) {
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
  const path = flags.trainDir ?? `runs/${flags.dataset ?? "cifar10"}`;
  await requireDirectory(path, "--train-dir");
  const leads = !group || group.rank === 0;
  const goOn = flags.resume ||
    flags.restartable && leads && await newestCheckpoint(path) !== undefined;
  using directory = leads ? await claim(path, goOn) : undefined;
  const found = await share(group, directory && goOn ? await readRun(path) : undefined);
  const processes = group?.size;
  const { config: asked, changes } = found
    ? resumedConfig(found.config, { flags, path, processes })
    : { config: newConfig(flags, processes), changes: [] };
  const name = asked.dataset as DatasetName;
  const maxSteps = stepsOf(flags.maxSteps, asked.recipe);
  const dir = await dataDirOf(name, { given: flags.dataDir, known: found?.dataDir });
  const dataset = await oneFirst(group, () => openDatasetFor(io, { name, dir }));
  if (found) requireSameData(asked, { dataset, path });
  const config = withData(dataset, found ? asked : suitedTo(dataset, asked));
  const { classes, format: { channels } } = dataset;
  const model = await openModelFor(config.model, { classes: classes.length, channels });
  const table = model.parameters;
  const parameters = flags.initFrom === undefined || found
    ? undefined
    : await readInitial(flags.initFrom, table);
  using where = await openAdapters(config, { flags, io, group });
  if (config.recipe.activations === "f16") {
    for (const { target } of where.places) requireF16({ ...target.summary, f16: target.f16 });
  }
  const names = await allNames(where.places, group);
  io.error(`Training ${config.model} on ${config.dataset} with ${listAdapters(names)}.`);
  if (flags.logDevicePlacement) logPlacement(io, { model, names });
  const { logFrequency, saveIntervalSecs, summarySteps } = flags;
  const shown = { ...config, maxSteps, adapters: names, dataDir: resolve(dir) };
  await directory?.writeConfig(shown);
  const resume = found && fromCheckpoint(found.checkpoint, {
    table,
    path: found.file,
    optimizer: config.recipe.optimizer,
  });
  if (resume) io.error(`Going on from ${found!.file}, step ${resume.step}.`);
  for (const change of changes) io.error(`From here on: ${change}.`);
  const metadata = { config: JSON.stringify(config) };
  const save = (snapshot: Snapshot) =>
    saveCheckpoint(
      path,
      toCheckpoint(snapshot, { table, metadata, optimizer: config.recipe.optimizer }),
      { keep: 5 },
    );

  await using _dashboard = leads ? await openDashboard(path, { flags, io }) : undefined;
  const started = performance.now();
  const events = train(where.device ?? where.places, {
    model,
    dataset,
    recipe: config.recipe,
    parameters,
    maxSteps,
    logFrequency,
    saveSeconds: saveIntervalSecs,
    summarySteps: summarySteps || undefined,
    saveSteps: config.towers > 1 ? towerSaveSteps : undefined,
    resume,
    save: leads ? save : undefined,
    signal: io.signal,
    group,
  });
  const startStep = resume?.step ?? 0;
  const told = leads && summarySteps > 0 && startStep < maxSteps
    ? withSummaries(events, { path, model, classes, config: shown, startStep, io })
    : events;
  for await (const event of told) {
    report(event, io, { total: maxSteps, startStep, started });
  }
  io.progress(undefined);
  if (startStep >= maxSteps) {
    io.error(`Nothing to do: ${path} is at step ${startStep}, and --max-steps is ${maxSteps}.`);
  }
}

/** The page of `--dashboard`, in a thread of its own; at the end it is said how to see it again. */
async function openDashboard(
  path: string,
  { flags: { dashboard, summarySteps }, io }: { flags: TrainFlags; io: Io },
): Promise<AsyncDisposable | undefined> {
  if (dashboard === undefined) return;
  if (summarySteps === 0) {
    throw new UsageError(
      "Cannot show a dashboard with --summary-steps=0: needs summaries, got none; leave one of them out",
    );
  }
  const { startDashboard } = await import("../dashboard/in_thread.ts");
  const runs = [{ name: basename(resolve(path)), directory: path }];
  const port = dashboard === true ? undefined : dashboard;
  const again = showAgain([path]);
  const shown = await startDashboard({ runs, again, port });
  io.error(`The run is shown at ${shown.url}`);
  return {
    async [Symbol.asyncDispose]() {
      await shown[Symbol.asyncDispose]();
      io.error(`The page has ended with the run. To see it again: ${again}`);
    },
  };
}

function requireF16({ name, f16 }: { name: string; f16: boolean }): void {
  if (f16) return;
  throw new UsageError(
    `Cannot train with 16-bit numbers on "${name}": needs its feature shader-f16, got an adapter ` +
      "without it; train without --use-fp16, or choose another --adapter",
  );
}

/** Steps between checkpoints with several towers, as in the tutorial. */
const towerSaveSteps = 1000;

/** The adapters of a run, open. */
interface Adapters extends Disposable {
  /** The place of each tower. */
  readonly places: readonly TowerPlace[];
  /** The one device that parameters live on, where they do. */
  readonly device?: Device;
}

/** The adapters of this process's towers. */
async function openAdapters(
  { towers: all, parameters }: RunConfig,
  { flags: { adapter }, io, group }: { flags: TrainFlags; io: Io; group?: Group },
): Promise<Adapters> {
  if (parameters === "adapter") {
    const device = await Device.open({ adapter });
    const places = [placeOn(device)];
    return { device, places, [Symbol.dispose]: () => device[Symbol.dispose]() };
  }
  const towers = all / (group?.size ?? 1);
  const placement = await placeTowers({ towers, adapter, first: (group?.localRank ?? 0) * towers });
  if (towers > 1) { for (const note of placement.notes) io.error(`${note}.`); }
  return placement;
}

/** What each tower of all processes runs on, in the order of their numbers. */
async function allNames(
  places: readonly TowerPlace[],
  group: Group | undefined,
): Promise<string[]> {
  const names = places.map(({ name }) => name);
  if (!group) return names;
  const all = await gather(group, names.map((name) => `${name} of ${group.machine}`).join("\n"));
  return all.flatMap((names) => names.split("\n"));
}

/** `"A"`, or `2 towers on "A"` for those that share it. */
function listAdapters(names: readonly string[]): string {
  if (names.length === 1) return names[0];
  const places = [...new Set(names)].map((place) => {
    const towers = names.filter((name) => name === place).length;
    return `${towers} ${towers === 1 ? "tower" : "towers"} on ${place}`;
  });
  return places.join(" and ");
}

function logPlacement(
  io: Io,
  { model, names }: { model: Model<"NHWC", "NC">; names: readonly string[] },
): void {
  for (const [t, name] of names.entries()) {
    for (const row of model.rows) io.log(`tower_${t}/${row.name}: ${name}`);
  }
}

/** @throws {UsageError} if there is no such file */
async function readInitial(path: string, table: ParameterTable): Promise<Float32Array> {
  try {
    return await readParameters(path, table);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.IsADirectory;
    if (!missing) throw error;
    throw new UsageError(`Cannot begin with ${path}: --init-from needs a file, got none`);
  }
}

async function claim(path: string, resume: boolean): Promise<RunDirectory> {
  try {
    return await RunDirectory.claim(path, { resume });
  } catch (error) {
    throw error instanceof RunDirectoryError ? new UsageError(error.message) : error;
  }
}

interface FoundRun {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  readonly config: RunConfig;
  /** Where its data lay. */
  readonly dataDir?: string;
}

async function readRun(path: string): Promise<FoundRun> {
  const file = (await newestCheckpoint(path))!.path; // the directory was claimed as one with a run
  const checkpoint = await loadCheckpoint(file);
  const { config } = checkpoint.metadata;
  if (!config) {
    throw new Error(`Cannot resume from ${file}: needs the run's configuration in it, got none`);
  }
  const { dataDir } = await readNotes(path);
  return { file, checkpoint, config: JSON.parse(config), dataDir };
}

async function profileStep(flags: TrainFlags, io: Io): Promise<void> {
  using device = await Device.open({ adapter: flags.adapter });
  const batch = flags.batchSize ?? tutorialRecipe.batchSize;
  const activations = flags.useFp16 ? "f16" : "f32";
  const model = await openModelFor(modelName(flags.model ?? "tutorial"), { classes: 10 });
  await printProfile(device, { model, batch, activations, io });
}
