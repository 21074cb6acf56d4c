/**
 * All that a run needs to go on to the bit, and its form as a checkpoint.
 *
 * @module
 */
import type { ShuffleQueueState } from "../data/shuffle_queue.ts";
import { arenaOf, tensorsOf } from "../export/arena.ts";
import type { Variants } from "../gpu/recorder.ts";
import { type Optimizer, optimizerKinds, slotsOf } from "../optim/optimizers.ts";
import type { ParameterTable } from "../parameters.ts";
import { type Checkpoint, CheckpointError, metadataOf } from "./checkpoint.ts";
import type { RunConfig } from "./run_directory.ts";
import type { TowerState } from "./towers.ts";

/** Where a run is. */
export interface Snapshot {
  /** Steps done since the run's first. */
  readonly step: number;
  /** Parameters, averages, moving averages of the losses. */
  readonly tower: TowerState;
  /** The kind of optimizer whose arrays the towers hold. */
  readonly optimizer: Optimizer["kind"];
  /** Examples trained on since the run's first, those of all towers together. */
  readonly examples: number;
  /** Examples a step, those of all towers together. */
  readonly batchSize: number;
  /** Where the shuffle queue is. */
  readonly queue: ShuffleQueueState;
  /** The step before which the queue was started: 0, or where the examples a step changed. */
  readonly queueStart: number;
  /** Which variants of the kernels each tower ran: others would round otherwise. */
  readonly variants: readonly Variants[];
  /** The file that it came from, if it came from one. */
  readonly path?: string;
}

/** What follows a parameter's name in that of its average, as TensorFlow has it. */
export const averageSuffix = "/ExponentialMovingAverage";
/** What follows a parameter's name in that of its part of an array of the optimizer. */
const slotSuffix = (slot: string) => `/optimizer/${slot}`;
const lossAveragesName = "loss_averages";
const queueName = "shuffle_queue";

/** What {@linkcode toCheckpoint} takes besides the snapshot. */
export interface ToCheckpointOptions {
  /** The parameters that the model has. */
  readonly table: ParameterTable;
  /** Whatever else is to be known, as texts; `step`, `queue`, `variants` and, with a `config`, that are taken. */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * What the run is, kept as JSON under `config`. The command line wants it: `eval`, `predict`, `export` and
   * `train --resume` find the model and the data in it, the latter by the names that `--model` and `--dataset`
   * take, and the names of the classes and the size of the pictures.
   */
  readonly config?: RunConfig;
}

/**
 * A snapshot as named tensors: parameters by name, averages with the suffix that TensorFlow uses, the arrays of
 * the run's optimizer with `/optimizer/NAME`.
 *
 * @example Checkpoints that the command line can use
 * ```ts
 * import { Device, saveCheckpoint, shapes, toCheckpoint, train } from "@tower/nn";
 * import { type RunConfig, type Snapshot, tutorialNetwork, tutorialRecipe } from "@tower/nn";
 *
 * using device = await Device.open();
 * const dataset = shapes({ train: 64, test: 64 }), model = tutorialNetwork();
 * const recipe = { ...tutorialRecipe, batchSize: 8, minQueueExamples: 32 };
 * const config: RunConfig = {
 *   dataset: dataset.name, // or the URL of a module, as `model`
 *   classes: dataset.classes,
 *   picture: dataset.format,
 *   model: "tutorial",
 *   recipe,
 *   towers: 1,
 *   parameters: "adapter",
 * };
 * const directory = await Deno.makeTempDir();
 * const table = model.parameters;
 * const save = (snapshot: Snapshot) =>
 *   saveCheckpoint(directory, toCheckpoint(snapshot, { table, config }));
 * for await (const event of train(device, { model, dataset, recipe, maxSteps: 1, save })) {
 *   if (event.type === "saved") console.log(event.path);
 * }
 * ```
 */
export function toCheckpoint(snapshot: Snapshot, options: ToCheckpointOptions): Checkpoint {
  const { table, metadata = {}, config } = options;
  const { step, tower, optimizer: kind, examples, batchSize, queue, queueStart, variants } =
    snapshot;
  const { lossAverages, slots = [] } = tower;
  const tensors: Checkpoint["tensors"] = {
    ...tensorsOf(tower.parameters, { table }),
    ...tensorsOf(tower.averages, { table, suffix: averageSuffix }),
  };
  slotsOf({ kind }).forEach((slot, i) => {
    const suffix = slotSuffix(slot);
    const values = slots[i] ?? new Float32Array(table.trainedLength);
    Object.assign(tensors, tensorsOf(values, { table, suffix, trainedOnly: true }));
  });
  tensors[lossAveragesName] = { dtype: "F32", shape: [lossAverages.length], data: lossAverages };
  const { indices, ...numbers } = queue;
  tensors[queueName] = { dtype: "U32", shape: [indices.length], data: indices };
  return {
    step,
    tensors,
    metadata: {
      ...metadata,
      ...config && { config: JSON.stringify(config) },
      queue: JSON.stringify({ examples, batchSize, start: queueStart, ...numbers }),
      variants: JSON.stringify(variants),
    },
  };
}

/**
 * The parameters of a checkpoint, or their averages, as an arena.
 *
 * @throws {RangeError} if one is missing, has another shape, or numbers that are not finite, naming it
 *
 * @example
 * ```ts
 * import { dense, parametersOf, Rng, sequential, tensorsOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { parameters: table } = sequential([4], [dense({ units: 2 })]);
 * const learned = table.initialize(Rng.from(1));
 * const checkpoint = { step: 1, tensors: tensorsOf(learned, { table }), metadata: {} };
 * assertEquals(parametersOf(checkpoint, { table, averages: false }), learned);
 * ```
 */
export function parametersOf(
  checkpoint: Checkpoint,
  { table, averages }: { table: ParameterTable; averages: boolean },
): Float32Array {
  const source = `the checkpoint of step ${checkpoint.step}`;
  return arenaOf(checkpoint.tensors, { table, source, suffix: averages ? averageSuffix : "" });
}

/**
 * The snapshot that a checkpoint was made from. Which optimizer its run had is seen by the arrays that it has.
 *
 * @throws {RangeError} if something is missing or not finite, naming it
 * @throws {CheckpointError} if what it says of the queue or the kernels is damaged
 *
 * @example Save, and go on from the file
 * ```ts
 * import { conv2d, dense, Device, flatten, sequential, shapes, train } from "@tower/nn";
 * import { fromCheckpoint, loadNewestCheckpoint, saveCheckpoint, toCheckpoint } from "@tower/nn";
 * import type { Snapshot } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = sequential([24, 24, 3], [
 *   conv2d({ filters: 4, kernel: 5, stride: 4, activation: "relu" }),
 *   flatten(),
 *   dense({ units: 10 }),
 * ]);
 * const table = model.parameters, directory = await Deno.makeTempDir();
 * const options = {
 *   model,
 *   dataset: shapes({ train: 200 }),
 *   recipe: { batchSize: 8, minQueueExamples: 50 },
 * };
 * const save = (snapshot: Snapshot) =>
 *   saveCheckpoint(directory, toCheckpoint(snapshot, { table }));
 * for await (const _ of train(device, { ...options, maxSteps: 2, save }));
 *
 * const checkpoint = await loadNewestCheckpoint(directory);
 * const resume = checkpoint && fromCheckpoint(checkpoint, { table, path: directory });
 * for await (const _ of train(device, { ...options, maxSteps: 4, save, resume }));
 * assertEquals((await loadNewestCheckpoint(directory))?.step, 4);
 * ```
 */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  { table, path }: { table: ParameterTable; path: string },
): Snapshot {
  const { step, tensors, metadata } = checkpoint;
  const losses = tensors[lossAveragesName];
  const queue = tensors[queueName];
  if (losses?.dtype !== "F32" || queue?.dtype !== "U32" || !metadata.queue) {
    throw new RangeError(
      `Cannot resume from ${path}: needs ${lossAveragesName}, ${queueName} and the queue's numbers, ` +
        "got parameters only; it can be evaluated, but not trained on",
    );
  }
  const { examples, batchSize, queueStart, numbers } = queueOf(checkpoint, path);
  const optimizer = optimizerOf(checkpoint, table);
  return {
    step,
    path,
    optimizer,
    examples,
    batchSize,
    queueStart,
    tower: {
      parameters: parametersOf(checkpoint, { table, averages: false }),
      averages: parametersOf(checkpoint, { table, averages: true }),
      lossAverages: losses.data as Float32Array,
      slots: slotsOf({ kind: optimizer }).map((slot) => {
        const source = `the optimizer of ${path}`;
        return arenaOf(tensors, { table, source, suffix: slotSuffix(slot), trainedOnly: true });
      }),
    },
    queue: { ...numbers, indices: queue.data as Uint32Array<ArrayBuffer> },
    variants: metadataOf<Variants[]>(checkpoint, { name: "variants", source: path }) ?? [],
  };
}

/** The optimizer all of whose arrays are there, the one with most of them. */
function optimizerOf({ tensors }: Checkpoint, { entries }: ParameterTable): Optimizer["kind"] {
  const isThere = (slot: string) => entries.some(({ name }) => name + slotSuffix(slot) in tensors);
  return optimizerKinds
    .filter((kind) => slotsOf({ kind }).every(isThere))
    .reduce((a, b) => slotsOf({ kind: b }).length > slotsOf({ kind: a }).length ? b : a);
}

/** The numbers of the shuffle queue, and of the examples that went through it. */
function queueOf(
  checkpoint: Checkpoint,
  path: string,
): Pick<Snapshot, "examples" | "batchSize" | "queueStart"> & {
  numbers: Omit<ShuffleQueueState, "indices">;
} {
  const found = metadataOf<Record<string, unknown>>(checkpoint, { name: "queue", source: path });
  const { batchSize, start: queueStart, ...rest } = found ?? {};
  const { examples = checkpoint.step * Number(batchSize), ...numbers } = rest;
  const { read, rng, records = 0 } = numbers;
  const all = [examples, batchSize, queueStart, read, records, ...Array.isArray(rng) ? rng : [rng]];
  if (all.every((value) => typeof value === "number")) {
    return { examples, batchSize, queueStart, numbers } as ReturnType<typeof queueOf>;
  }
  throw new CheckpointError(
    `Cannot resume from ${path}: needs numbers as the queue in its metadata, got ` +
      `${checkpoint.metadata.queue}; it is damaged, use an earlier checkpoint`,
  );
}
