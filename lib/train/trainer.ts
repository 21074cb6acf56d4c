/**
 * The training loop.
 *
 * @module
 */
import { countRecords, type Dataset } from "../data/dataset.ts";
import { Prefetch } from "../data/prefetch.ts";
import { Device } from "../gpu/device.ts";
import { Turns } from "../gpu/turns.ts";
import type { Model } from "../layers/sequential.ts";
import type { RecordLoss } from "../losses/cross_entropy.ts";
import { averageDecayAt } from "../optim/averages.ts";
import { biasCorrectionsAt, gradientDescent } from "../optim/optimizers.ts";
import type { Schedule } from "../optim/schedules.ts";
import { Rng } from "../rng.ts";
import { createTowers, firstState } from "./create_towers.ts";
import { Keeper } from "./keeper.ts";
import { Lap, Pace } from "./pace.ts";
import { completeRecipe, type Recipe, scheduleOf, tutorialRecipe } from "./recipe.ts";
import type { TowerPlace } from "./replica.ts";
import { requireTrainable } from "./requirements.ts";
import type { Snapshot } from "./snapshot.ts";
import { any, type TowerGroup } from "./tower_group.ts";
import type { TrainEvent } from "./train_event.ts";

/** What to train, on what, how, and for how long. */
export interface TrainOptions {
  /** The network: of pictures, with one number for each class. */
  readonly model: Model<"NHWC", "NC">;
  /** The data. */
  readonly dataset: Dataset;
  /**
   * Constants that are not the tutorial's. Default: all are, but where a mirrored picture is not of its class
   * ({@linkcode Dataset.flip}), none is mirrored unless `distortion` says so.
   */
  readonly recipe?: Partial<Recipe>;
  /** The step to stop before, counted from the run's first. */
  readonly maxSteps: number;
  /** Steps between reports. Default 10. */
  readonly logFrequency?: number;
  /** Steps between summaries; there is one of the last step too. Default: none are made. */
  readonly summarySteps?: number;
  /** Parameters to begin with. Default: drawn from the seed. */
  readonly parameters?: Float32Array;
  /** Goes on from here instead of from the start. */
  readonly resume?: Snapshot;
  /** Stores a snapshot and says where: when one is due, at the end and on abort, if there are new steps. Default: stores none. */
  readonly save?: (snapshot: Snapshot) => Promise<string>;
  /** Seconds between snapshots. Default 600. */
  readonly saveSeconds?: number;
  /** Steps between snapshots, besides those on the timer. Default: no limit. */
  readonly saveSteps?: number;
  /** A learning rate of your own, instead of the recipe's. It is not part of a snapshot. */
  readonly schedule?: Schedule;
  /** A loss of your own, instead of cross-entropy. It is not part of a snapshot. */
  readonly loss?: RecordLoss;
  /** The processes that train together, each with as many towers. Default: this one alone. */
  readonly group?: TowerGroup;
  /** Saves, then ends the run after the step under way; before the first step, ends it by throwing the reason. */
  readonly signal?: AbortSignal;
}

/**
 * Trains until `maxSteps`, reporting as it goes. The last event, of type `saved`, has what was learned, even if
 * there was nothing left to do; only a signal that comes before the first step ends it by its reason.
 *
 * On one device, parameters, averages, losses and the update stay on the adapter; nothing is read back
 * but the losses, when they are reported. On a list of places, each is a tower with a batch of its own:
 * parameters live in host memory, and the mean of the towers' gradients updates them. N towers of batch
 * B train on the examples that one tower of N·B would.
 *
 * A run that is stopped and resumed from its snapshot gives the same bytes as one that was not. If it
 * goes on with another number of examples a step, the shuffle queue starts anew, and the tutorial's learning
 * rate goes by the epochs that were done.
 *
 * @throws {RangeError} if a number in the options or the recipe is out of its range, or there is no place
 * @throws {ShapeError} if model, parameters, snapshot, loss and data do not fit one another
 * @throws {TypeError} if a loss of one's own does not put the mean into `options.loss`
 * @throws {TrainingError} if the loss, a gradient in `f16`, or a parameter that is to be saved stops being
 * finite, or an adapter fails, naming the step and the last snapshot; before all, if the model ends in
 * softmax, or `resume` is of another kind of optimizer
 * @throws {DataError} if the data are not what they should be
 *
 * @example Train, keep what was learned, go on from it
 * ```ts
 * import { conv2d, dense, Device, flatten, sequential, shapes, type Snapshot, train } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = sequential([24, 24, 3], [
 *   conv2d({ filters: 8, kernel: 5, stride: 4, activation: "relu" }),
 *   flatten(),
 *   dense({ units: 10 }),
 * ]);
 * const recipe = { batchSize: 16, minQueueExamples: 100 };
 * const options = { model, dataset: shapes({ train: 500 }), recipe };
 * let last: Snapshot | undefined;
 * for await (const event of train(device, { ...options, maxSteps: 10 })) {
 *   if (event.type === "saved") last = event.snapshot;
 * }
 * for await (const event of train(device, { ...options, maxSteps: 20, resume: last })) {
 *   if (event.type === "saved") last = event.snapshot;
 * }
 * assertEquals(last?.step, 20);
 * ```
 */
export async function* train(
  where: Device | readonly TowerPlace[],
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const suited = { ...tutorialRecipe.distortion, flip: options.dataset.flip ?? true };
  const distortion = options.recipe?.distortion ?? suited;
  const recipe = completeRecipe({ ...options.recipe, distortion });
  const towerCount = where instanceof Device ? 1 : where.length;
  requireTrainable({ ...options, towers: towerCount });
  const { model, dataset, maxSteps, logFrequency = 10, summarySteps, resume, signal, group } =
    options;
  const { seed, minQueueExamples } = recipe;
  const { kind: optimizer } = recipe.optimizer ?? gradientDescent();
  const rng = Rng.from(seed);
  const key = rng.split("adapter").key;
  const allTowers = towerCount * (group?.size ?? 1), batchSize = recipe.batchSize * allTowers;
  const start = resume?.step ?? 0, seen = resume?.examples ?? 0;
  const schedule = options.schedule ?? scheduleOf({ ...recipe, batchSize }, {
    examples: countRecords(dataset, "train"),
    // The tutorial's stairs go by epochs, whatever a step took before.
    ahead: Math.round(seen / batchSize) - start,
  });

  using towers = await createTowers(where, { ...options, recipe });
  const keeper = new Keeper(towers, {
    table: model.parameters,
    half: recipe.activations === "f16",
    resume,
    save: options.save,
    saveSeconds: options.saveSeconds ?? 600,
    saveSteps: options.saveSteps ?? Infinity,
    group,
  });
  const leads = (group?.rank ?? 0) === 0;
  if (summarySteps !== undefined && leads) {
    yield { type: "profiled", timings: await keeper.attempt(start, () => towers.profile()) };
  }
  towers.writeState(resume?.tower ?? firstState(options, towers, rng));
  if (!resume) yield { type: "filling", examples: minQueueExamples };
  const queueFits = resume?.batchSize === batchSize;
  const queueStart = resume && queueFits ? resume.queueStart : start;
  const reported = new Lap(start),
    summarized = new Lap(start),
    pace = new Pace(start),
    turns = new Turns();
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
  const save = (step: number) => {
    const examples = seen + (step - start) * batchSize;
    const queue = batches.state();
    return keeper.save({ step, optimizer, examples, batchSize, queue, queueStart });
  };

  let step = start;
  for (; step < maxSteps && !await any(group, signal?.aborted ?? false); step++) {
    const batch = await batches.next().catch((error) => {
      if (!signal?.aborted) throw error;
    });
    if (!batch) break;
    const numbers = {
      key,
      step,
      learningRate: schedule(step),
      averageWeight: 1 - averageDecayAt(step, recipe.averageDecay),
      corrections: recipe.optimizer && biasCorrectionsAt(recipe.optimizer, step),
    };
    const done = step + 1;
    const report = step % logFrequency === 0;
    const summary = summarySteps !== undefined && (step % summarySteps === 0 || done === maxSteps);
    await keeper.attempt(step, () => towers.step(batch, numbers, { summary }));

    const due = keeper.isDueByStep(done);
    if (!report && !summary && !due && !pace.isDue(done)) continue;
    const losses = await keeper.losses(done);
    const { learningRate } = numbers;
    pace.waited(done);
    yield { type: "progress", done, loss: losses.raw.total_loss };
    if (report) {
      const { seconds } = reported.end(done);
      const [examplesPerSecond, secondsPerBatch] = [batchSize / seconds, seconds / allTowers];
      yield { type: "step", step, losses, learningRate, examplesPerSecond, secondsPerBatch };
    }
    if (summary && leads) {
      const made = await keeper.attempt(step, () => towers.readSummary());
      const labels = [...batch.labels.subarray(0, made.pictures.shape[0])];
      const examplesPerSecond = batchSize / summarized.end(done).seconds;
      const numbers = { step, losses, learningRate, examplesPerSecond };
      yield { type: "summary", ...numbers, summary: made, labels };
    }
    if (due || keeper.isDueByTime()) {
      const event = await save(done);
      if (event) yield event;
    }
    await turns.give();
  }
  await keeper.losses(step);
  const event = await save(step);
  if (event) yield event;
}
