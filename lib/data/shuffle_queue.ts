/**
 * The shuffle queue: random batches from a stream too long to hold.
 *
 * @module
 */

import { Rng } from "../rng.ts";
import { allocateBatch, type Batch, setExample } from "./batch.ts";
import { countRecords, type Dataset, recordBytes, type Split } from "./dataset.ts";
import { readEpochs, readSplit } from "./epochs.ts";
import {
  checkQueueState,
  type ShuffleQueueProgress,
  type ShuffleQueueState,
} from "./queue_state.ts";
import { RecordBuffer } from "./record_buffer.ts";

export type { ShuffleQueueProgress, ShuffleQueueState } from "./queue_state.ts";

/** What a shuffle queue is made from. */
export interface ShuffleQueueOptions {
  /** Its key decides the order of the parts and the places that batches are taken from. */
  readonly rng: Rng;
  /** Examples in a batch. */
  readonly batchSize: number;
  /** Examples that stay after every batch, so that the next one is well mixed; default 20,000. */
  readonly minQueueExamples?: number;
  /** Which records; default `train`. */
  readonly split?: Split;
  /** Goes on where a queue of the same options was, instead of starting the first epoch. */
  readonly state?: ShuffleQueueState;
  /** Stops reading: waiting fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A batch, with what it takes to put it back. */
export interface ShuffledBatch extends Batch {
  /** The place that each example was taken from. */
  readonly places: Uint32Array<ArrayBuffer>;
  /** The queue's numbers before the batch was taken. */
  before: ShuffleQueueProgress;
}

/**
 * Holds `minQueueExamples` and three batches of examples. A batch takes each of its examples from a
 * place chosen uniformly, and the next record of an endless stream over the split takes that place.
 *
 * The same key, data and options give the same batches, however long reading takes. A split with
 * fewer records than the queue has places fills it over several epochs, so that it holds records more
 * than once.
 *
 * @example
 * ```ts
 * import { Rng, shapes, ShuffleQueue } from "@tower/nn/data";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { rng: Rng.from(1), batchSize: 16, minQueueExamples: 100 };
 * await using queue = await ShuffleQueue.open(shapes({ train: 500 }), options);
 * const batch = queue.allocateBatch();
 * await queue.ready();
 * queue.take(batch);
 * assertEquals(batch.labels.length, 16);
 * ```
 */
export class ShuffleQueue implements AsyncDisposable {
  readonly #dataset: Dataset;
  readonly #records: number;
  readonly #batchSize: number;
  readonly #incoming: RecordBuffer;
  readonly #rng: Rng;
  /** The records held, place after place. */
  readonly #held: Uint8Array;
  readonly #indices: Uint32Array<ArrayBuffer>;
  #read: number;

  private constructor(dataset: Dataset, options: ShuffleQueueOptions) {
    const { rng, batchSize, minQueueExamples = 20_000, split = "train", state, signal } = options;
    requireCount("batchSize", batchSize, 1);
    requireCount("minQueueExamples", minQueueExamples, 0);
    const places = minQueueExamples + 3 * batchSize, size = recordBytes(dataset.format);
    this.#records = countRecords(dataset, split);
    this.#rng = rng.split("places");
    if (state) {
      checkQueueState(state, { places, records: this.#records, key: this.#rng.key });
      this.#rng = Rng.restore(state.rng);
    }
    this.#dataset = dataset;
    this.#batchSize = batchSize;
    this.#held = new Uint8Array(places * size);
    this.#indices = state?.indices.slice() ?? new Uint32Array(places);
    this.#read = state?.read ?? 0;
    const epochs = readEpochs(dataset, { split, rng, skip: this.#read, signal });
    this.#incoming = new RecordBuffer(epochs, size);
  }

  /**
   * A full queue: reads its first examples, or those that the state names.
   *
   * @throws {RangeError} if a size is not a whole number, or the state is of another queue
   * @throws {DataError} as {@linkcode readRecords} does
   */
  static async open(dataset: Dataset, options: ShuffleQueueOptions): Promise<ShuffleQueue> {
    const queue = new ShuffleQueue(dataset, options);
    if (options.state) await queue.#findHeld(options);
    else await queue.#fill();
    return queue;
  }

  /** Memory for a batch of this queue, to be used again and again. */
  allocateBatch(): ShuffledBatch {
    return {
      ...allocateBatch(this.#dataset.format, this.#batchSize),
      places: new Uint32Array(this.#batchSize),
      before: { read: 0, rng: [] },
    };
  }

  /**
   * Waits until {@linkcode ShuffleQueue.take} can be called.
   *
   * @throws {DataError} as {@linkcode readRecords} does
   */
  async ready(): Promise<void> {
    await this.#incoming.reserve(this.#batchSize);
    this.#requireIncoming();
  }

  /**
   * Fills `batch` with the next examples, without a wait.
   *
   * @throws {Error} if the queue is not {@linkcode ShuffleQueue.ready}
   */
  take(batch: ShuffledBatch): void {
    this.#requireIncoming();
    const { format } = this.#dataset, size = recordBytes(format);
    batch.before = this.#progress();
    for (let i = 0; i < this.#batchSize; i++) {
      const place = this.#rng.below(this.#indices.length);
      const bytes = this.#held.subarray(place * size, (place + 1) * size);
      batch.places[i] = place;
      setExample(batch, i, { format, bytes, index: this.#indices[place] });
      this.#put(place);
    }
  }

  /**
   * Where the queue is, or where it was before the last few batches were taken.
   *
   * @param untaken the last batches taken, oldest first, as {@linkcode ShuffleQueue.take} left them
   */
  state(untaken: readonly ShuffledBatch[] = []): ShuffleQueueState {
    const indices = this.#indices.slice();
    for (const batch of untaken.toReversed()) {
      // Backwards, as a place may have been chosen twice.
      for (let i = this.#batchSize - 1; i >= 0; i--) indices[batch.places[i]] = batch.indices[i];
    }
    return { ...(untaken[0]?.before ?? this.#progress()), indices, records: this.#records };
  }

  /** Closes the stream that feeds the queue. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#incoming[Symbol.asyncDispose]();
  }

  /** So many records have to come in as go out. */
  #requireIncoming(): void {
    const { available } = this.#incoming;
    if (available >= this.#batchSize) return;
    throw new Error(
      `Cannot take a batch: needs ${this.#batchSize} new records, got ${available}; wait for ready() ` +
        `on a queue that is open and has not failed`,
    );
  }

  #progress(): ShuffleQueueProgress {
    return { read: this.#read, rng: this.#rng.state() };
  }

  /** Puts the next record in a place. */
  #put(place: number): void {
    const bytes = this.#incoming.next();
    this.#held.set(bytes, place * bytes.length);
    this.#indices[place] = this.#incoming.index;
    this.#read++;
  }

  async #fill(): Promise<void> {
    for (let place = 0; place < this.#indices.length; place++) {
      await this.#incoming.reserve(1);
      this.#put(place);
    }
  }

  /** Reads the split until every record that `#indices` names is in its places. */
  async #findHeld({ split = "train", signal }: ShuffleQueueOptions): Promise<void> {
    const indices = this.#indices, size = recordBytes(this.#dataset.format);
    const places = Uint32Array.from(indices.keys()).sort((a, b) => indices[a] - indices[b]);
    let found = 0;
    for await (const { bytes, count, first } of readSplit(this.#dataset, { split, signal })) {
      for (; found < places.length && indices[places[found]] < first + count; found++) {
        const start = (indices[places[found]] - first) * size;
        this.#held.set(bytes.subarray(start, start + size), places[found] * size);
      }
      if (found === places.length) break;
    }
  }
}

function requireCount(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot make a shuffle queue: needs ${what} to be a whole number of at least ${least}, got ${value}`,
  );
}
