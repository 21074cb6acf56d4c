/**
 * Parts that are files, or ranges of files.
 *
 * @module
 */

import { reasonOf } from "../system_error.ts";
import type { DatasetPart } from "./dataset.ts";

/** A read hops to another thread and back; `Deno.FsFile.readable` does so for every 64 KiB. */
const READ_BYTES = 1 << 20;

/** Which bytes of a file, and how they are read. */
export interface FileRange {
  /** The first; default 0. */
  readonly start?: number;
  /** The one after the last; default the end of the file. */
  readonly end?: number;
  /** How many are read at a time, at most; default 1 MiB. */
  readonly readBytes?: number;
}

/** A file of records, or a range of it. */
export function filePart(path: string, options: FileRange & { records: number }): DatasetPart {
  return { name: path, records: options.records, open: () => streamFile(path, options) };
}

/**
 * Streams a file's bytes; it is closed at the end, on failure and when cancelled.
 *
 * @throws {Error} if it cannot be opened; the stream fails with its name if it cannot be read
 */
export async function streamFile(
  path: string,
  { start = 0, end = Infinity, readBytes = READ_BYTES }: FileRange = {},
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await Deno.open(path);
  let left = end - start;
  return new ReadableStream({
    async start() {
      if (start > 0) await file.seek(start, Deno.SeekMode.Start);
    },
    async pull(controller) {
      try {
        const bytes = new Uint8Array(Math.min(readBytes, left));
        const length = left > 0 ? await file.read(bytes) : null;
        left -= length ?? 0;
        if (length !== null) return controller.enqueue(bytes.subarray(0, length));
      } catch (error) {
        file.close();
        throw new Error(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
      }
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
