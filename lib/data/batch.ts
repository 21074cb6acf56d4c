/**
 * Batches of examples, as bytes.
 *
 * @module
 */

import { imageBytes, type RecordFormat } from "./dataset.ts";

/** Examples that go through the model together. */
export interface Batch {
  /** Their pictures, end to end, each `C H W` as it is stored. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** Their classes. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** Which records of the split they are, counted from 0 over its parts in their published order. */
  readonly indices: Uint32Array<ArrayBuffer>;
}

/** Memory for a batch of `size` examples. */
export function allocateBatch(format: RecordFormat, size: number): Batch {
  return {
    images: new Uint8Array(size * imageBytes(format)),
    labels: new Uint8Array(size),
    indices: new Uint32Array(size),
  };
}

/** One record among those of its split. */
export interface IndexedRecord {
  /** How it lies in bytes. */
  readonly format: RecordFormat;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** Its place in the split. */
  readonly index: number;
}

/** Puts a record in place `i` of a batch. */
export function setExample(batch: Batch, i: number, record: IndexedRecord): void {
  const { format, bytes, index } = record;
  batch.images.set(bytes.subarray(format.labelBytes), i * imageBytes(format));
  batch.labels[i] = bytes[format.labelAt];
  batch.indices[i] = index;
}
