/**
 * Batches prepared ahead, so that training does not wait for reading.
 *
 * @module
 */

import type { Batch } from "./batch.ts";
import type { Dataset } from "./dataset.ts";
import {
  type ShuffledBatch,
  ShuffleQueue,
  type ShuffleQueueOptions,
  type ShuffleQueueState,
} from "./shuffle_queue.ts";

/** What prefetching takes. */
export interface PrefetchOptions extends ShuffleQueueOptions {
  /** Batches prepared ahead; default 3. */
  readonly ahead?: number;
}

/**
 * The batches of a shuffle queue, some of them prepared before they are asked for.
 *
 * @example
 * ```ts
 * import { Prefetch, Rng, shapes } from "@tower/nn/data";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { rng: Rng.from(1), batchSize: 16, minQueueExamples: 100 };
 * await using batches = await Prefetch.open(shapes({ train: 500 }), options);
 * const { images, labels } = await batches.next();
 * assertEquals([images.length, labels.length], [16 * 3 * 32 * 32, 16]);
 * ```
 */
export class Prefetch implements AsyncDisposable {
  readonly #queue: ShuffleQueue;
  readonly #signal: AbortSignal;
  readonly #stop: AbortController;
  /** Batches on their way, the next one first; each starts when the one before it has come. */
  readonly #coming: Promise<ShuffledBatch>[] = [];
  /** Those of them that have come. */
  readonly #ready: ShuffledBatch[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #lent?: ShuffledBatch;

  private constructor(
    queue: ShuffleQueue,
    options: { ahead: number; signal: AbortSignal; stop: AbortController },
  ) {
    this.#queue = queue;
    this.#signal = options.signal;
    this.#stop = options.stop;
    for (let i = 0; i < options.ahead; i++) this.#prepare(queue.allocateBatch());
  }

  /**
   * Opens a shuffle queue and starts to prepare batches.
   *
   * @throws {RangeError} if an option is out of range
   * @throws {DataError} as {@linkcode readRecords} does
   */
  static async open(dataset: Dataset, options: PrefetchOptions): Promise<Prefetch> {
    const { ahead = 3 } = options;
    if (!Number.isInteger(ahead) || ahead < 1) {
      throw new RangeError(`Cannot prefetch: needs at least 1 batch ahead, got ${ahead}`);
    }
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ...options.signal ? [options.signal] : []]);
    const queue = await ShuffleQueue.open(dataset, { ...options, signal });
    return new Prefetch(queue, { ahead, signal, stop });
  }

  /**
   * The next batch. It stays as it is until the following call, which uses its memory again; so a
   * call has to be awaited before the following one.
   *
   * @throws {DataError} when the data ended in an error, after the batches before the error
   */
  async next(): Promise<Batch> {
    this.#signal.throwIfAborted();
    this.#prepare(this.#lent ?? this.#queue.allocateBatch());
    this.#lent = undefined;
    const batch = await this.#coming[0]; // stays in place if it fails, to fail again
    this.#coming.shift();
    this.#ready.shift();
    return this.#lent = batch;
  }

  /** Where the queue is right after the batch that {@linkcode Prefetch.next} gave last. */
  state(): ShuffleQueueState {
    return this.#queue.state(this.#ready);
  }

  /** Stops preparing and closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#last.catch(() => {});
    await this.#queue[Symbol.asyncDispose]();
  }

  #prepare(batch: ShuffledBatch): void {
    const coming = this.#last.then(() => this.#queue.ready()).then(() => {
      this.#queue.take(batch);
      this.#ready.push(batch);
      return batch;
    });
    coming.catch(() => {}); // next() hands it on
    this.#coming.push(coming);
    this.#last = coming;
  }
}
