/**
 * Every example once, for evaluation.
 *
 * @module
 */

import { allocateBatch, type Batch, setExample } from "./batch.ts";
import { type Dataset, recordBytes } from "./dataset.ts";
import { readSplit, type SplitOptions } from "./epochs.ts";
import { RecordBuffer } from "./record_buffer.ts";

/** What reading in order takes. */
export interface InOrderOptions extends SplitOptions {
  /** Examples in a batch. */
  readonly batchSize: number;
}

/**
 * The records of a split, each once and in the published order, in batches of which the last may be
 * shorter. A batch stays as it is until the next one is asked for, which uses its memory again.
 *
 * @example
 * ```ts
 * import { inOrder, shapes } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const sizes = [];
 * for await (const { labels } of inOrder(shapes({ test: 300 }), { split: "test", batchSize: 128 })) {
 *   sizes.push(labels.length);
 * }
 * assertEquals(sizes, [128, 128, 44]);
 * ```
 *
 * @throws {RangeError} if `batchSize` is not a whole number of at least 1
 * @throws {DataError} as {@linkcode readRecords} does
 */
export async function* inOrder(
  dataset: Dataset,
  options: InOrderOptions,
): AsyncGenerator<Batch, void, void> {
  const { batchSize } = options, { format } = dataset;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`Cannot make batches: needs batchSize of at least 1, got ${batchSize}`);
  }
  await using records = new RecordBuffer(readSplit(dataset, options), recordBytes(format));
  const batch = allocateBatch(format, batchSize);
  for (let size; (size = await records.reserve(batchSize)) > 0;) {
    for (let i = 0; i < size; i++) {
      const bytes = records.next();
      setExample(batch, i, { format, bytes, index: records.index });
    }
    yield size === batchSize ? batch : {
      images: batch.images.subarray(0, batch.images.length / batchSize * size),
      labels: batch.labels.subarray(0, size),
      indices: batch.indices.subarray(0, size),
    };
  }
}
