/**
 * All that a run needs to go on to the bit, and its form as a checkpoint.
 *
 * @module
 */
import type { ShuffleQueueState } from "../data/shuffle_queue.ts";
import { arenaOf } from "../export/arena.ts";
import type { Variants } from "../gpu/recorder.ts";
import { gradientDescent, type Optimizer, slotsOf } from "../optim/optimizers.ts";
import type { ParameterTable } from "../parameters.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { TowerState } from "./towers.ts";

/** Where a run is. */
export interface Snapshot {
  /** Steps done since the run's first. */
  readonly step: number;
  /** Parameters, averages, moving averages of the losses. */
  readonly tower: TowerState;
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

const averageSuffix = "/ExponentialMovingAverage";
/** What follows a parameter's name in that of its part of an array of the optimizer. */
const slotSuffix = (slot: string) => `/optimizer/${slot}`;
const lossAveragesName = "loss_averages";
const queueName = "shuffle_queue";

/**
 * A snapshot as named tensors: parameters by name, averages with the suffix that TensorFlow uses, the arrays of
 * the run's optimizer with `/optimizer/NAME`.
 */
export function toCheckpoint(
  snapshot: Snapshot,
  { table, metadata, optimizer = gradientDescent() }: {
    table: ParameterTable;
    metadata: Readonly<Record<string, string>>;
    optimizer?: Optimizer;
  },
): Checkpoint {
  const { step, tower, examples, batchSize, queue, queueStart, variants } = snapshot;
  const tensors: Checkpoint["tensors"] = {};
  for (const { name, shape } of table.entries) {
    const data = table.view(tower.parameters, name);
    tensors[name] = { dtype: "F32", shape: [...shape], data };
  }
  for (const { name, shape } of table.entries) {
    const data = table.view(tower.averages, name);
    tensors[name + averageSuffix] = { dtype: "F32", shape: [...shape], data };
  }
  const { lossAverages, slots = [] } = tower;
  slotsOf(optimizer).forEach((slotName, i) => {
    for (const { name, shape, offset } of table.entries) {
      if (offset >= table.trainedLength) continue;
      tensors[name + slotSuffix(slotName)] = {
        dtype: "F32",
        shape: [...shape],
        data: table.view(slots[i], name),
      };
    }
  });
  tensors[lossAveragesName] = { dtype: "F32", shape: [lossAverages.length], data: lossAverages };
  const { indices, ...numbers } = queue;
  tensors[queueName] = { dtype: "U32", shape: [indices.length], data: indices };
  return {
    step,
    tensors,
    metadata: {
      ...metadata,
      queue: JSON.stringify({ examples, batchSize, start: queueStart, ...numbers }),
      variants: JSON.stringify(variants),
    },
  };
}

/**
 * The parameters of a checkpoint, or their averages, as an arena.
 *
 * @throws {RangeError} if one is missing, has another shape, or numbers that are not finite, naming it
 */
export function parametersOf(
  checkpoint: Checkpoint,
  { table, averages }: { table: ParameterTable; averages: boolean },
): Float32Array {
  const source = `the checkpoint of step ${checkpoint.step}`;
  return arenaOf(checkpoint.tensors, { table, source, suffix: averages ? averageSuffix : "" });
}

/**
 * The snapshot that a checkpoint was made from.
 *
 * @param optimizer the run's, for its arrays
 * @throws {RangeError} if something is missing or not finite, naming it
 */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  { table, path, optimizer }: { table: ParameterTable; path: string; optimizer?: Optimizer },
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
  const { batchSize, start: queueStart, examples = step * batchSize, ...numbers } = JSON.parse(
    metadata.queue,
  );
  return {
    step,
    path,
    examples,
    batchSize,
    queueStart,
    tower: {
      parameters: parametersOf(checkpoint, { table, averages: false }),
      averages: parametersOf(checkpoint, { table, averages: true }),
      lossAverages: losses.data as Float32Array,
      slots: optimizer && slotsOf(optimizer).map((slot) => {
        const source = `the optimizer of ${path}`;
        return arenaOf(tensors, { table, source, suffix: slotSuffix(slot), trainedOnly: true });
      }),
    },
    queue: { ...numbers, indices: queue.data as Uint32Array<ArrayBuffer> },
    variants: JSON.parse(metadata.variants ?? "[]"),
  };
}
