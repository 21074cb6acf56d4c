/**
 * Records that have arrived and are not used yet.
 *
 * @module
 */

import type { RecordBlock } from "./records.ts";

/**
 * Lets blocks come in asynchronously and records go out synchronously: {@linkcode reserve} some, then
 * take them with {@linkcode next} without a wait.
 */
export class RecordBuffer implements AsyncDisposable {
  readonly #source: AsyncGenerator<RecordBlock, void, void>;
  readonly #recordBytes: number;
  readonly #blocks: RecordBlock[] = [];
  #available = 0;
  /** Records used of the first block. */
  #used = 0;
  #index = -1;

  /**
   * A buffer of nothing yet.
   *
   * @param source Where the blocks come from; the buffer closes it.
   * @param recordBytes The length of a record.
   */
  constructor(source: AsyncGenerator<RecordBlock, void, void>, recordBytes: number) {
    this.#source = source;
    this.#recordBytes = recordBytes;
  }

  /**
   * Waits until `count` records are at hand, or fewer where the source ends.
   *
   * @returns how many of the `count` there are
   */
  async reserve(count: number): Promise<number> {
    while (this.#available < count) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#blocks.push(value);
      this.#available += value.count;
    }
    return Math.min(count, this.#available);
  }

  /** The bytes of the next record: a view that stays valid. It must have been reserved. */
  next(): Uint8Array {
    const block = this.#blocks[0];
    const start = this.#used * this.#recordBytes;
    this.#index = block.first + this.#used++;
    this.#available--;
    if (this.#used === block.count) {
      this.#blocks.shift();
      this.#used = 0;
    }
    return block.bytes.subarray(start, start + this.#recordBytes);
  }

  /** How many records are at hand. */
  get available(): number {
    return this.#available;
  }

  /** The number of the record that {@linkcode next} gave last. */
  get index(): number {
    return this.#index;
  }

  /** Closes the source. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return();
  }
}
