/**
 * The training loop.
 *
 * @module
 */
import { countRecords, type Dataset } from "../data/dataset.ts";
import { Prefetch } from "../data/prefetch.ts";
import type { Device } from "../gpu/device.ts";
import type { Model } from "../layers/sequential.ts";
import { averageDecayAt } from "../optim/averages.ts";
import { Rng } from "../rng.ts";
import { type Recipe, scheduleOf } from "./recipe.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Losses, Tower } from "./tower.ts";

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
  /** Goes on from here instead of from the start. */
  readonly resume?: Snapshot;
  /** Stores what {@linkcode takeSnapshot} gives; called when one is due, at the end and on abort. */
  readonly save?: (snapshot: Snapshot) => Promise<string>;
  /** Seconds between calls of `save`. Default 600. */
  readonly saveSeconds?: number;
  /** Saves, then ends the run after the step under way. */
  readonly signal?: AbortSignal;
}

/** What happened. */
export type TrainEvent =
  | {
    /** The shuffle queue is about to be filled. */
    readonly type: "filling";
    /** With at least so many examples. */
    readonly examples: number;
  }
  | {
    /** A step to report was done. */
    readonly type: "step";
    /** Which, counted from 0. */
    readonly step: number;
    /** Its losses. */
    readonly losses: Losses;
    /** Its learning rate. */
    readonly learningRate: number;
    /** Examples a second since the last report. */
    readonly examplesPerSecond: number;
    /** Seconds a batch since the last report. */
    readonly secondsPerBatch: number;
  }
  | {
    /** Steps up to this one were done. */
    readonly type: "progress";
    /** The number of steps done since the run's first. */
    readonly done: number;
    /** The last total loss. */
    readonly loss: number;
  }
  | {
    /** A snapshot was saved. */
    readonly type: "saved";
    /** Its step: the number of steps done. */
    readonly step: number;
    /** Where `save` put it. */
    readonly path: string;
  };

/** Training went wrong in a way that its user can mend. */
export class TrainingError extends Error {
  /** The name of the class. */
  override readonly name: string = "TrainingError";
}

/** About this much work is left in flight: enough to hide the host, little enough to stop quickly. */
const secondsInFlight = 0.1;

/**
 * Trains until `maxSteps`, reporting as it goes. Parameters, averages, losses and the update stay on
 * the adapter; nothing is read back but the losses, when they are reported.
 *
 * A run that is stopped and resumed from its snapshot gives the same bytes as one that was not.
 *
 * @throws {TrainingError} if the loss, or a gradient in `f16`, stops being finite, naming the step and
 * the last snapshot
 * @throws {DeviceError} if the adapter fails
 * @throws {DataError} if the data are not what they should be
 */
export async function* train(
  device: Device,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { model, dataset, recipe, maxSteps, logFrequency = 10, resume, signal } = options;
  const { batchSize, seed, minQueueExamples } = recipe;
  const rng = Rng.from(seed);
  const key = rng.split("adapter").key;
  const schedule = scheduleOf(recipe, countRecords(dataset, "train"));
  const { height, width, channels } = dataset.format;

  using tower = await Tower.create(device, {
    model,
    batch: batchSize,
    picture: { height, width, channels },
    distortion: recipe.distortion,
    variants: resume?.variants,
    activations: recipe.activations,
  });
  tower.writeState(resume?.tower ?? firstState(model, tower, rng));
  if (!resume) yield { type: "filling", examples: minQueueExamples };
  const start = resume?.step ?? 0;
  let reported = performance.now();
  await using batches = await Prefetch.open(dataset, {
    rng: rng.split("shuffle"),
    batchSize,
    minQueueExamples,
    state: resume?.queue,
    signal,
  }).catch((error) => {
    // Nothing was done yet, so there is nothing to save.
    throw signal?.aborted ? signal.reason : error;
  });

  let savedAt = performance.now();
  let saved: { step: number; path: string } | undefined;
  const checked = async (done: number): Promise<Losses> => {
    const losses = await tower.losses(done);
    if (losses.firstBadStep === undefined) return losses;
    const last = saved?.path ?? resume?.path;
    throw new TrainingError(
      `Cannot go on: the loss ${recipe.activations === "f16" ? "or its gradient in f16 " : ""}` +
        `was not finite at step ${losses.firstBadStep}; ` +
        (last ? `the last good checkpoint is ${last}; ` : "no checkpoint was made before; ") +
        "try a lower learning rate",
    );
  };
  const save = async (done: number): Promise<TrainEvent | undefined> => {
    if (!options.save || saved?.step === done) return;
    await checked(done);
    const snapshot: Snapshot = {
      step: done,
      tower: await tower.readState(),
      queue: batches.state(),
      variants: tower.program.variants,
    };
    saved = { step: done, path: await options.save(snapshot) };
    savedAt = performance.now();
    return { type: "saved", ...saved };
  };

  let waited = { at: performance.now(), step: start };
  let inFlight = 1;
  let step = start;
  for (; step < maxSteps && !signal?.aborted; step++) {
    const batch = await batches.next().catch((error) => {
      if (!signal?.aborted) throw error;
    });
    if (!batch) break;
    const learningRate = schedule(step);
    const averageWeight = 1 - averageDecayAt(step, recipe.averageDecay);
    tower.step(batch, { key, step, firstExample: 0, learningRate, averageWeight });

    const done = step + 1;
    const report = step % logFrequency === 0;
    if (!report && done - waited.step < inFlight) continue;
    const losses = await checked(done);
    const now = performance.now();
    const seconds = (now - waited.at) / 1000;
    const perStep = seconds / (done - waited.step);
    inFlight = Math.min(32, Math.max(1, Math.round(secondsInFlight / perStep)));
    waited = { at: now, step: done };
    yield { type: "progress", done, loss: losses.raw.total_loss };
    if (report) {
      const steps = Math.min(logFrequency, done - start);
      const secondsPerBatch = (now - reported) / 1000 / steps;
      const examplesPerSecond = batchSize / secondsPerBatch;
      reported = now;
      yield { type: "step", step, losses, learningRate, examplesPerSecond, secondsPerBatch };
    }
    if (now - savedAt > (options.saveSeconds ?? 600) * 1000) {
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

/** Parameters drawn from the seed, averages equal to them, as if they had always been so. */
function firstState(model: Model<"NHWC", "NC">, tower: Tower, rng: Rng): Snapshot["tower"] {
  const parameters = model.parameters.initialize(rng.split("parameters"));
  return {
    parameters,
    averages: parameters,
    lossAverages: new Float32Array(tower.lossNames.length),
  };
}
