/**
 * What a data set is: named classes, and parts that stream records of one format.
 *
 * @module
 */

/**
 * How a record lies in bytes: the label bytes, then the picture as planes (`C H W`, one byte a value,
 * rows from the top).
 */
export interface RecordFormat {
  /** Bytes before the picture. */
  readonly labelBytes: number;
  /** Which of them is the class number. */
  readonly labelAt: number;
  /** Rows of the picture. */
  readonly height: number;
  /** Columns of the picture. */
  readonly width: number;
  /** Planes of the picture: 3 for red, green, blue. */
  readonly channels: number;
}

/** Bytes of one picture: `channels · height · width`. */
export function imageBytes(format: RecordFormat): number {
  return format.channels * format.height * format.width;
}

/** Bytes of one record: its label and its picture. */
export function recordBytes(format: RecordFormat): number {
  return format.labelBytes + imageBytes(format);
}

/** What opening a part takes. */
export interface PartOptions {
  /** Stops the stream. */
  readonly signal?: AbortSignal;
}

/** One ordered run of records, such as a file. Every opening streams the same bytes. */
export interface DatasetPart {
  /** What messages call it, such as the file's path. */
  readonly name: string;
  /** The number of records it has to have. */
  readonly records: number;
  /** Streams the records' bytes, in chunks of any size; cancelling the stream frees what it holds. */
  open(options?: PartOptions): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** Which records: those to learn from, or those to be judged by. */
export type Split = "train" | "test";

/** A set of labelled pictures, in whatever way they are stored. */
export interface Dataset {
  /** Its name on the command line. */
  readonly name: string;
  /** Names of the classes; a label is a place in this list. */
  readonly classes: readonly string[];
  /** How each record lies in bytes. */
  readonly format: RecordFormat;
  /** Whether a mirrored picture is still one of its class, which it is not for digits; default true. */
  readonly flip?: boolean;
  /** What else than their number tells one set of records from another, where the pictures are a user's own. */
  readonly fingerprint?: string;
  /** The parts of each split, in their published order. */
  readonly parts: Readonly<Record<Split, readonly DatasetPart[]>>;
}

/**
 * The number of records of a split.
 *
 * @example
 * ```ts
 * import { countRecords, shapes } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(countRecords(shapes({ test: 300 }), "test"), 300);
 * ```
 */
export function countRecords(dataset: Dataset, split: Split): number {
  return dataset.parts[split].reduce((sum, part) => sum + part.records, 0);
}

/** Data that is not what it should be, said in one sentence: where, what was expected and what came. */
export class DataError extends Error {
  /** `DataError`. */
  override readonly name: string = "DataError";
}

/** Data that are not where they were looked for; whoever asks by a flag can say which one names the place. */
export class DataPlaceError extends DataError {}
