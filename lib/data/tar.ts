/**
 * A reader of tar archives that writes nothing.
 *
 * @module
 */

import { FixedChunkStream } from "@std/streams/unstable-fixed-chunk-stream";
import { DataError } from "./dataset.ts";

/** An archive is a run of blocks of this many bytes: a header, then what it describes, padded. */
const BLOCK = 512;

/** One member of an archive. */
export interface TarEntry {
  /** Its name as it stands there: it may be absolute or lead outside a directory. */
  readonly name: string;
  /** `0` for a file; links, devices and directories have other characters. */
  readonly type: string;
  /** Bytes of its content. */
  readonly size: number;
  /** Its content, to be read before the next entry is asked for, or left. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The entries of an archive in the format `ustar` (POSIX.1-1988) or one of its descendants, whose
 * additions come out as entries of their own types.
 *
 * @param name What messages call the archive.
 * @throws {DataError} if a header is damaged or the archive ends early
 */
export async function* untar(
  archive: ReadableStream<Uint8Array>,
  name: string,
): AsyncGenerator<TarEntry, void, void> {
  const reader = archive.pipeThrough(new FixedChunkStream(128 * BLOCK)).getReader();
  let chunk: Uint8Array = new Uint8Array(0), offset = 0, left = 0;

  /** At most so many bytes, and no less than one. Chunks are whole blocks, so none cuts a header. */
  async function take(most: number): Promise<Uint8Array> {
    if (chunk.length === 0) {
      const { done, value } = await reader.read();
      if (done) throw new DataError(`Cannot unpack ${name}: it ends early, at byte ${offset}`);
      chunk = value;
    }
    const bytes = chunk.subarray(0, most);
    chunk = chunk.subarray(bytes.length);
    offset += bytes.length;
    return bytes;
  }

  /** What is left of the entry at hand. */
  async function* read(): AsyncGenerator<Uint8Array> {
    while (left > 0) {
      const bytes = await take(left);
      left -= bytes.length;
      yield bytes;
    }
  }

  try {
    while (true) {
      const at = offset, header = await take(BLOCK);
      if (header.every((byte) => byte === 0)) return;
      const entry = parseHeader(header);
      if (!entry) {
        throw new DataError(
          `Cannot unpack ${name}: needs a tar header at byte ${at}, got other data`,
        );
      }
      left = entry.size;
      const body = read();
      yield { ...entry, body };
      await body.return(undefined);
      left += (BLOCK - entry.size % BLOCK) % BLOCK;
      for await (const _ of read());
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format". */
function parseHeader(header: Uint8Array): Omit<TarEntry, "body"> | undefined {
  const text = (start: number, length: number) => {
    const field = header.subarray(start, start + length);
    const end = field.indexOf(0);
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
  };
  const octal = (start: number, length: number) => {
    const digits = text(start, length).trim();
    return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
  };
  // The sum of all bytes, its own eight taken as spaces.
  const sum = header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
  const size = octal(124, 12);
  if (header.length < BLOCK || octal(148, 8) !== sum || Number.isNaN(size)) return undefined;
  const prefix = text(257, 6) === "ustar" ? text(345, 155) : "";
  return {
    name: (prefix ? `${prefix}/` : "") + text(0, 100),
    type: text(156, 1) || "0",
    size,
  };
}
