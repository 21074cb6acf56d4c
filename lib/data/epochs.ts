/**
 * The parts of a split as one stream of records.
 *
 * @module
 */

import type { Rng } from "../rng.ts";
import { countRecords, DataError, type Dataset, recordBytes, type Split } from "./dataset.ts";
import { readRecords, type RecordBlock } from "./records.ts";

/** What streaming a split takes. */
export interface SplitOptions {
  /** Which records. */
  readonly split: Split;
  /** Stops the stream: it fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What streaming without end takes. */
export interface EpochsOptions extends SplitOptions {
  /** Its key decides the order of the parts in every epoch; nothing is drawn from it. */
  readonly rng: Rng;
  /** Records to leave out at the start, as many as were read before; default 0. */
  readonly skip?: number;
}

/**
 * Every record of a split once, in the published order. The blocks' `first` counts over all parts.
 *
 * @throws {DataError} as {@linkcode readRecords} does
 */
export async function* readSplit(
  dataset: Dataset,
  options: SplitOptions,
): AsyncGenerator<RecordBlock, void, void> {
  let start = 0;
  for (const part of dataset.parts[options.split]) {
    for await (const block of readRecords(dataset, part, options)) {
      yield { ...block, first: start + block.first };
    }
    start += part.records;
  }
}

/**
 * Epoch after epoch without end, each with the parts in another random order. The blocks' `first`
 * counts over all parts in their published order.
 *
 * @throws {DataError} if the split has no records, and as {@linkcode readRecords} does
 */
export async function* readEpochs(
  dataset: Dataset,
  options: EpochsOptions,
): AsyncGenerator<RecordBlock, void, void> {
  const { split, rng, skip = 0 } = options;
  const parts = dataset.parts[split];
  const records = countRecords(dataset, split);
  if (records === 0) {
    throw new DataError(`Cannot read ${dataset.name}: needs ${split} records, got none`);
  }
  let start = 0;
  const placed = parts.map((part) => ({ part, start: (start += part.records) - part.records }));
  const size = recordBytes(dataset.format);
  let left = skip % records;
  for (let epoch = Math.floor(skip / records);; epoch++) {
    for (const { part, start } of rng.split(`epoch ${epoch}`).shuffle([...placed])) {
      if (left >= part.records) {
        left -= part.records;
        continue;
      }
      for await (const { bytes, count, first } of readRecords(dataset, part, options)) {
        const dropped = Math.min(left, count);
        left -= dropped;
        if (dropped === count) continue;
        yield {
          bytes: bytes.subarray(dropped * size),
          count: count - dropped,
          first: start + first + dropped,
        };
      }
    }
  }
}
