/**
 * The streaming reader of fixed-length records.
 *
 * @module
 */

import { FixedChunkStream } from "@std/streams/unstable-fixed-chunk-stream";
import {
  DataError,
  type Dataset,
  type DatasetPart,
  type PartOptions,
  recordBytes,
} from "./dataset.ts";

/** About this many bytes are read at a time. */
const BLOCK_BYTES = 1 << 17;

/** Reading for so long without a wait is interrupted by one. */
const REST_MS = 20;

/** Whole records that follow one another. */
export interface RecordBlock {
  /** The records, end to end. */
  readonly bytes: Uint8Array;
  /** How many they are. */
  readonly count: number;
  /** The number of the first, counted from 0. */
  readonly first: number;
}

/**
 * Reads a part from start to end in blocks of about 128 KiB, so that memory stays the same however
 * long it is. What holds the bytes is closed when the part ends, fails, or is left early.
 *
 * @throws {DataError} if the part is empty, ends early, has more records than it should, a label names
 * no class, or there are more classes than a label's byte can name; the message counts records from 0
 *
 * @example
 * ```ts
 * import { readRecords, recordBytes, shapes } from "@tower/nn/data";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = shapes({ test: 300 });
 * let records = 0;
 * for await (const { bytes, count } of readRecords(dataset, dataset.parts.test[0])) {
 *   assertEquals(bytes.length >= count * recordBytes(dataset.format), true);
 *   records += count;
 * }
 * assertEquals(records, 300);
 * ```
 */
export async function* readRecords(
  dataset: Pick<Dataset, "classes" | "format">,
  part: DatasetPart,
  options: PartOptions = {},
): AsyncGenerator<RecordBlock, void, void> {
  checkClasses(dataset, part);
  const size = recordBytes(dataset.format);
  const source = await part.open(options);
  const { readable, writable } = new FixedChunkStream(Math.ceil(BLOCK_BYTES / size) * size);
  const piped = source.pipeTo(writable, options);
  piped.catch(() => {}); // the readable side fails with the same error
  try {
    let offset = 0, rested = performance.now();
    for await (const bytes of readable.values({ preventCancel: true })) {
      // Timers and signals have no turn between promises that never wait for anything.
      if (performance.now() > rested + REST_MS) {
        await new Promise((resume) => setTimeout(resume, 0));
        rested = performance.now();
      }
      checkEnd(part, size, offset + bytes.length);
      const block = { bytes, count: Math.floor(bytes.length / size), first: offset / size };
      checkLabels(dataset, part, block);
      if (block.count > 0) yield block;
      offset += bytes.length;
    }
    checkEnd(part, size, offset, true);
  } finally {
    // Cancelling travels up the pipe; when the pipe has ended, the source is closed.
    await readable.cancel().catch(() => {});
    await piped.catch(() => {});
  }
}

function checkClasses({ classes: { length } }: Pick<Dataset, "classes">, part: DatasetPart): void {
  if (length <= 256) return;
  throw new DataError(
    `Cannot read ${part.name}: needs at most 256 classes, as a label is one byte, got ${length}; ` +
      "put several classes into one",
  );
}

function checkEnd(part: DatasetPart, size: number, offset: number, atEnd = false): void {
  const needed = part.records * size;
  if (offset <= needed && !(atEnd && offset < needed)) return;
  const got = offset > needed
    ? `more from record ${part.records} at byte offset ${needed} on`
    : offset === 0
    ? "an empty stream (record 0 at byte offset 0)"
    : `an end at byte offset ${offset}, ${offset % size} bytes into record ${
      Math.floor(offset / size)
    }`;
  throw new DataError(
    `Cannot read ${part.name}: needs ${part.records} records of ${size} bytes, ${needed} in all, ` +
      `got ${got}; put a whole copy in its place`,
  );
}

function checkLabels(
  dataset: Pick<Dataset, "classes" | "format">,
  part: DatasetPart,
  block: RecordBlock,
) {
  const { labelAt } = dataset.format;
  const size = recordBytes(dataset.format), classes = dataset.classes.length;
  for (let i = 0; i < block.count; i++) {
    const label = block.bytes[i * size + labelAt];
    if (label < classes) continue;
    const record = block.first + i;
    throw new DataError(
      `Cannot read ${part.name}: needs a label from 0 to ${classes - 1} in record ${record} at ` +
        `byte offset ${record * size + labelAt}, got ${label}; put an intact copy in its place`,
    );
  }
}
