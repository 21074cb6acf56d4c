/**
 * Takes known files out of an archive.
 *
 * @module
 */

import { writeFileAtomically } from "../files.ts";
import { DataError } from "./dataset.ts";
import { streamFile } from "./file_part.ts";
import { untar } from "./tar.ts";

/** A file to take out. */
export interface WantedFile {
  /** Its name in the archive. */
  readonly name: string;
  /** Where it goes, in a directory that exists. */
  readonly path: string;
  /** Its length in bytes. */
  readonly bytes: number;
}

/**
 * Unpacks the wanted files of a `.tar.gz`, as a stream and each whole or not at all. Nothing else of
 * the archive is written, whatever its entries are called and point to.
 *
 * @throws {DataError} if the archive is damaged, or a wanted file is not in it as a file of its length
 */
export async function unpack(
  archive: string,
  options: { wanted: readonly WantedFile[]; signal?: AbortSignal },
): Promise<void> {
  const missing = new Map(options.wanted.map((file) => [file.name, file]));
  if (missing.size === 0) return;
  const refuse = (why: string, cause?: unknown) =>
    new DataError(`Cannot unpack ${archive}: ${why}; put a whole copy in its place`, { cause });
  const packed = await streamFile(archive);
  const stream = packed.pipeThrough(new DecompressionStream("gzip"), { signal: options.signal });
  try {
    for await (const entry of untar(stream, archive)) {
      const file = missing.get(entry.name.replace(/^\.\//, ""));
      if (!file) continue;
      if (entry.type !== "0" || entry.size !== file.bytes) {
        throw refuse(
          `needs ${file.name} to be a file of ${file.bytes} bytes, ` +
            `got an entry of type ${entry.type} and ${entry.size} bytes`,
        );
      }
      await writeFileAtomically(file.path, entry.body);
      missing.delete(file.name);
      if (missing.size === 0) return;
    }
  } catch (error) {
    throw error instanceof TypeError ? refuse(error.message, error) : error; // of the decompression
  }
  throw refuse(`needs ${[...missing.keys()].join(", ")} in it, got an archive without`);
}
