/**
 * The training loop.
 *
 * @module
 */
import { countRecords, type Dataset } from "../data/dataset.ts";
import { Prefetch } from "../data/prefetch.ts";
import { Device, DeviceError } from "../gpu/device.ts";
import type { Model } from "../layers/sequential.ts";
import { endsInSoftmax } from "../layers/softmax.ts";
import { correctionsAt } from "../optim/optimizers.ts";
import { averageDecayAt } from "../optim/averages.ts";
import { Rng } from "../rng.ts";
import { HostTowers, type TowerGroup } from "./host_towers.ts";
import { type Recipe, scheduleOf } from "./recipe.ts";
import type { TowerPlace } from "./replica.ts";
import type { Snapshot } from "./snapshot.ts";
import { Tower } from "./tower.ts";
import type { TrainEvent } from "./train_event.ts";
import type { Losses, Towers } from "./towers.ts";

/** What to train, on what, how, and for how long. */
export interface TrainOptions {
  /** The network. */
  readonly model: Model<"NHWC", "NC">;
  /** The data. */
  readonly dataset: Dataset;
  /** The constants. */
  readonly recipe: Recipe;
  /** The step to stop before, counted from the run's first. */
  readonly maxSteps: number;
  /** Steps between reports. Default 10. */
  readonly logFrequency?: number;
  /** Steps between summaries. Default: none are made. */
  readonly summarySteps?: number;
  /** Parameters to begin with. Default: drawn from the seed. */
  readonly parameters?: Float32Array;
  /** Goes on from here instead of from the start. */
  readonly resume?: Snapshot;
  /** Stores a snapshot and says where; called when one is due, at the end and on abort. */
  readonly save?: (snapshot: Snapshot) => Promise<string>;
  /** Seconds between calls of `save`. Default 600. */
  readonly saveSeconds?: number;
  /** Steps between calls of `save`, besides those on the timer. Default: no limit. */
  readonly saveSteps?: number;
  /** The processes that train together, each with as many towers. Default: this one alone. */
  readonly group?: TowerGroup;
  /** Saves, then ends the run after the step under way. */
  readonly signal?: AbortSignal;
}

/** Training went wrong in a way that its user can mend. */
export class TrainingError extends Error {
  /** The name of the class. */
  override readonly name: string = "TrainingError";
}

/** About this much work is left in flight: enough to hide the host, little enough to stop quickly. */
const secondsInFlight = 0.1;

/**
 * Trains until `maxSteps`, reporting as it goes.
 *
 * On one device, parameters, averages, losses and the update stay on the adapter; nothing is read back
 * but the losses, when they are reported. On a list of places, each is a tower with a batch of its own:
 * parameters live in host memory, and the mean of the towers' gradients updates them. N towers of batch
 * B train on the examples that one tower of N·B would.
 *
 * A run that is stopped and resumed from its snapshot gives the same bytes as one that was not. If it
 * goes on with another number of examples a step, the shuffle queue starts anew.
 *
 * @throws {TrainingError} if the loss, a gradient in `f16`, or a parameter that is to be saved stops being
 * finite, or an adapter fails, naming the step and the last snapshot; before all, if the model ends in
 * softmax
 * @throws {DataError} if the data are not what they should be
 */
export async function* train(
  where: Device | readonly TowerPlace[],
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { dataset, recipe, maxSteps, logFrequency = 10, resume, signal, group } = options;
  const table = options.model.parameters;
  if (endsInSoftmax(options.model)) {
    throw new TrainingError(
      "Cannot train a model that ends in softmax: the loss needs logits, as it takes their softmax itself, " +
        "got probabilities; leave the last layer out, and put it back to use the model",
    );
  }
  const { seed, minQueueExamples } = recipe;
  const rng = Rng.from(seed);
  const key = rng.split("adapter").key;
  const towerCount = (where instanceof Device ? 1 : where.length) * (group?.size ?? 1);
  const batchSize = recipe.batchSize * towerCount;
  const schedule = scheduleOf({ ...recipe, batchSize }, countRecords(dataset, "train"));

  using towers = await createTowers(where, options);
  const leads = (group?.rank ?? 0) === 0;
  if (options.summarySteps !== undefined && leads) {
    yield { type: "profiled", timings: await towers.profile() };
  }
  towers.writeState(resume?.tower ?? firstState(options, towers, rng));
  if (!resume) yield { type: "filling", examples: minQueueExamples };
  const start = resume?.step ?? 0;
  const queueFits = resume?.batchSize === batchSize;
  const queueStart = resume && queueFits ? resume.queueStart : start;
  let reported = performance.now();
  let summarized = { at: reported, done: start };
  await using batches = await Prefetch.open(dataset, {
    rng: rng.split(queueStart === 0 ? "shuffle" : `shuffle from ${queueStart}`),
    batchSize,
    minQueueExamples,
    state: queueFits ? resume?.queue : undefined,
    // A group stops together, when all know of it.
    signal: group ? undefined : signal,
  }).catch((error) => {
    // Nothing was done yet, so there is nothing to save.
    throw signal?.aborted ? signal.reason : error;
  });

  let savedAt = performance.now();
  let saved: { step: number; path: string } | undefined;
  const lastGood = () => {
    if (group && group.rank > 0) return "rank 0 keeps the checkpoints";
    const last = saved?.path ?? resume?.path;
    return last ? `the last good checkpoint is ${last}` : "no checkpoint was made before";
  };
  const checked = async (done: number): Promise<Losses> => {
    const losses = await towers.losses(done).catch((error) => failed(error, done));
    if (losses.firstBadStep === undefined) return losses;
    throw new TrainingError(
      `Cannot go on: the loss ${recipe.activations === "f16" ? "or its gradient in f16 " : ""}` +
        `was not finite at step ${losses.firstBadStep}; ${lastGood()}; ` +
        "try a lower learning rate",
    );
  };
  const failed = (error: unknown, step: number): never => {
    if (!(error instanceof DeviceError)) throw error;
    const advice = saved ?? resume ? "; --resume goes on from there" : "";
    throw new TrainingError(`${error.message}; that was at step ${step}, ${lastGood()}${advice}`, {
      cause: error,
    });
  };
  const save = async (done: number): Promise<TrainEvent | undefined> => {
    if (!options.save || saved?.step === done) return;
    await checked(done);
    const tower = await towers.readState();
    for (const arena of [tower.parameters, tower.averages, ...tower.slots ?? []]) {
      const bad = table.firstNotFinite(arena);
      if (bad === undefined) continue;
      throw new TrainingError(
        `Cannot go on: ${bad} was not finite after ${done} steps; ${lastGood()}; ` +
          "try a lower learning rate",
      );
    }
    const snapshot: Snapshot = {
      step: done,
      tower,
      batchSize,
      queue: batches.state(),
      queueStart,
      variants: towers.variants,
    };
    saved = { step: done, path: await options.save(snapshot) };
    savedAt = performance.now();
    return { type: "saved", ...saved };
  };

  let waited = { at: performance.now(), step: start };
  let inFlight = 1;
  let step = start;
  for (; step < maxSteps && !await stopping({ signal, group }); step++) {
    const batch = await batches.next().catch((error) => {
      if (!signal?.aborted) throw error;
    });
    if (!batch) break;
    const learningRate = schedule(step);
    const averageWeight = 1 - averageDecayAt(step, recipe.averageDecay);
    const corrections = recipe.optimizer && correctionsAt(recipe.optimizer, step);
    const summary = options.summarySteps !== undefined && step % options.summarySteps === 0;
    try {
      await towers.step(batch, { key, step, learningRate, averageWeight, corrections }, {
        summary,
      });
    } catch (error) {
      failed(error, step);
    }

    const done = step + 1;
    const report = step % logFrequency === 0;
    const due = done >= (saved?.step ?? start) + (options.saveSteps ?? Infinity);
    if (!report && !summary && !due && done - waited.step < inFlight) continue;
    const losses = await checked(done);
    const now = performance.now();
    const seconds = (now - waited.at) / 1000;
    const perStep = seconds / (done - waited.step);
    inFlight = Math.min(32, Math.max(1, Math.round(secondsInFlight / perStep)));
    waited = { at: now, step: done };
    yield { type: "progress", done, loss: losses.raw.total_loss };
    if (report) {
      const steps = Math.min(logFrequency, done - start);
      const secondsPerStep = (now - reported) / 1000 / steps;
      const examplesPerSecond = batchSize / secondsPerStep;
      const secondsPerBatch = secondsPerStep / towerCount;
      reported = now;
      yield { type: "step", step, losses, learningRate, examplesPerSecond, secondsPerBatch };
    }
    if (summary && leads) {
      const made = await towers.readSummary();
      const labels = [...batch.labels.subarray(0, made.pictures.shape[0])];
      const seconds = (now - summarized.at) / 1000;
      const examplesPerSecond = batchSize * (done - summarized.done) / seconds;
      summarized = { at: now, done };
      yield {
        type: "summary",
        step,
        losses,
        learningRate,
        examplesPerSecond,
        summary: made,
        labels,
      };
    }
    if (due || now - savedAt > (options.saveSeconds ?? 600) * 1000) {
      const event = await save(done);
      if (event) yield event;
    }
    // Lets signals and files have their turn: reading back holds the thread.
    await new Promise((resume) => setTimeout(resume, 0));
  }
  await checked(step);
  const event = step > start ? await save(step) : undefined;
  if (event) yield event;
}

/** One tower with its parameters on its adapter, or towers with theirs in host memory. */
function createTowers(
  where: Device | readonly TowerPlace[],
  options: TrainOptions,
): Promise<Towers> {
  const { model, dataset, recipe, resume, group } = options;
  const { height, width, channels } = dataset.format;
  const common = {
    model,
    batch: recipe.batchSize,
    picture: { height, width, channels },
    distortion: recipe.distortion,
    activations: recipe.activations,
    optimizer: recipe.optimizer,
    clipNorm: recipe.clipNorm,
    labelSmoothing: recipe.labelSmoothing,
    summaries: options.summarySteps !== undefined,
  };
  return where instanceof Device
    ? Tower.create(where, { ...common, variants: resume?.variants[0] })
    : HostTowers.create(where, { ...common, variants: resume?.variants, group });
}

/** Whether to end before the next step: as soon as any process of the group is asked to. */
async function stopping(
  { signal, group }: Pick<TrainOptions, "signal" | "group">,
): Promise<boolean> {
  const asked = signal?.aborted ?? false;
  if (!group) return asked;
  const votes = Float32Array.of(asked ? 1 : 0);
  await group.sum(votes);
  return votes[0] > 0;
}

/** Parameters as given or drawn from the seed, averages equal to them, as if they had always been so. */
function firstState(
  { model, parameters: given }: TrainOptions,
  towers: Towers,
  rng: Rng,
): Snapshot["tower"] {
  const parameters = given ?? model.parameters.initialize(rng.split("parameters"));
  return {
    parameters,
    averages: parameters,
    lossAverages: new Float32Array(towers.lossNames.length),
  };
}
