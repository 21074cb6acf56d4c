/**
 * Data sets from whatever can be iterated.
 *
 * @module
 */

import {
  DataError,
  type Dataset,
  type DatasetPart,
  imageBytes,
  recordBytes,
  type RecordFormat,
  type Split,
} from "./dataset.ts";

/** A picture and its class. */
export interface Example {
  /** The picture as planes, `C H W`, one byte a value; {@linkcode planesOf} makes them of an image. */
  readonly image: Uint8Array;
  /** Its place among the classes. */
  readonly label: number;
}

/** Streams examples; each call has to give the same ones in the same order. */
export type ExampleSource = () => AsyncIterable<Example> | Iterable<Example>;

/** What a data set is made of. */
export interface DatasetOfOptions {
  /** What messages call it. */
  readonly name: string;
  /** Names of the classes, 256 at most. */
  readonly classes: readonly string[];
  /** Sizes of the pictures. */
  readonly format: Pick<RecordFormat, "height" | "width" | "channels">;
  /** Examples to learn from. */
  readonly train: ExampleSource;
  /** Examples to be judged by. */
  readonly test: ExampleSource;
  /** How many each gives; counted by going through them once where it is not known. */
  readonly records?: Partial<Readonly<Record<Split, number>>>;
  /** Whether a mirrored picture is still one of its class; default true. */
  readonly flip?: boolean;
  /** What tells these examples from others in as many, so that a run is not resumed on others; default none. */
  readonly fingerprint?: string;
}

/**
 * A data set of examples from anywhere: a database, a service, a generator. They stream through the
 * same shuffle queue as those of files; a run resumes to the bit, as every call of a source gives the
 * same examples in the same order.
 *
 * @example
 * ```ts
 * import { countRecords, datasetOf, inOrder } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * function* greys(count: number) {
 *   for (let i = 0; i < count; i++) {
 *     const bright = i % 2;
 *     yield { image: new Uint8Array(3 * 32 * 32).fill(bright ? 200 : 50), label: bright };
 *   }
 * }
 * const dataset = await datasetOf({
 *   name: "greys",
 *   classes: ["dark", "bright"],
 *   format: { height: 32, width: 32, channels: 3 },
 *   train: () => greys(1000),
 *   test: () => greys(10),
 * });
 * assertEquals(countRecords(dataset, "train"), 1000);
 * for await (const { labels } of inOrder(dataset, { split: "test", batchSize: 4 })) {
 *   assertEquals(labels[1], 1);
 * }
 * ```
 *
 * @throws {DataError} if a picture has another size, a label names no class, or a call gives more or fewer
 * examples than it should: when they are read
 * @throws {RangeError} if there are more than 256 classes
 */
export async function datasetOf(options: DatasetOfOptions): Promise<Dataset> {
  const { name, classes, flip, fingerprint } = options;
  if (classes.length > 256) {
    throw new RangeError(`Cannot make ${name}: needs at most 256 classes, got ${classes.length}`);
  }
  const { height, width, channels } = options.format;
  const format = { labelBytes: 1, labelAt: 0, height, width, channels };
  const partOf = async (split: Split): Promise<DatasetPart> => {
    const records = options.records?.[split] ?? await count(options[split]);
    const open = () => ReadableStream.from(recordsOf(split, records, options));
    return { name: `${name} ${split}`, records, open };
  };
  const [train, test] = [[await partOf("train")], [await partOf("test")]];
  return { name, classes, format, flip, fingerprint, parts: { train, test } };
}

async function count(source: ExampleSource): Promise<number> {
  let count = 0;
  for await (const _ of source()) count++;
  return count;
}

async function* recordsOf(
  split: Split,
  needed: number,
  { name, classes, format, ...sources }: DatasetOfOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const layout = { ...format, labelBytes: 1, labelAt: 0 };
  let read = 0;
  const refuseCount = (got: string) =>
    new DataError(
      `Cannot read ${name} ${split}: needs ${needed} examples, got ${got}; each call of \`${split}\` has to ` +
        "give the same ones, so make an iterator anew in it",
    );
  for await (const { image, label } of sources[split]()) {
    if (read === needed) throw refuseCount("more");
    const refuse = (needs: string, got: number) =>
      new DataError(`Cannot read ${name} ${split}: needs ${needs} in example ${read}, got ${got}`);
    if (image.length !== imageBytes(layout)) {
      throw refuse(`${imageBytes(layout)} bytes`, image.length);
    }
    // A number that is no byte would become one on the way.
    if (!Number.isInteger(label) || label < 0 || label >= classes.length) {
      throw refuse(`a label from 0 to ${classes.length - 1}`, label);
    }
    const record = new Uint8Array(recordBytes(layout));
    record[0] = label;
    record.set(image, 1);
    read++;
    yield record;
  }
  if (read < needed) throw refuseCount(`${read}`);
}
