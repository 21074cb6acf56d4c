/**
 * Parts that are files.
 *
 * @module
 */

import type { Part } from "./dataset.ts";

/** A read hops to another thread and back; `Deno.FsFile.readable` does so for every 64 KiB. */
const READ_BYTES = 1 << 20;

/** A file of records. */
export function filePart(path: string, records: number): Part {
  return { name: path, records, open: () => streamFile(path) };
}

/** Streams a file's bytes; it is closed at the end, on failure and when cancelled. */
export async function streamFile(path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await Deno.open(path);
  return new ReadableStream({
    async pull(controller) {
      try {
        const bytes = new Uint8Array(READ_BYTES);
        const length = await file.read(bytes);
        if (length !== null) return controller.enqueue(bytes.subarray(0, length));
      } catch (error) {
        file.close();
        throw error;
      }
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
