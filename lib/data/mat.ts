/**
 * A streaming reader of MATLAB's MAT-files, version 5 to 7.
 *
 * Source: MathWorks, "MAT-File Format", Level 5.
 *
 * @module
 */

import { ByteReader, EndsEarly } from "./byte_reader.ts";
import { DataError } from "./dataset.ts";
import { streamFile } from "./file_part.ts";
import {
  MatError,
  type MatHeader,
  miCOMPRESSED,
  miMATRIX,
  readMatHeader,
  readNumbers,
  readTag,
} from "./mat_element.ts";
import { HEADER, matVersion } from "./mat_version.ts";

/** What is unpacked at a time: whatever it becomes, at most a thousandfold, is in memory at once. */
const PACKED_BYTES = 1 << 14;

/** An array in a MAT-file, of which nothing but its header is in memory. */
export interface MatArray extends MatHeader {
  /** The file. */
  readonly path: string;
  /** Where its element lies in the file. */
  readonly element: { readonly start: number; readonly end: number; readonly type: number };
  /** Whether its numbers have their lowest byte first. */
  readonly little: boolean;
}

/**
 * The arrays at the top of a MAT-file, in their order.
 *
 * @throws {DataError} if it is no MAT-file of these versions, or damaged
 */
export async function listMatArrays(path: string, signal?: AbortSignal): Promise<MatArray[]> {
  const { size } = await Deno.stat(path);
  const little = await readFileHeader(path);
  const arrays: MatArray[] = [];
  for (let at = HEADER; at < size;) {
    signal?.throwIfAborted();
    const tag = await told(path, async () => {
      await using reader = new ByteReader(await streamFile(path, { start: at, end: at + 8 }));
      return await readTag(reader, little);
    });
    const start = at + 8;
    const end = tag.small ? start : start + tag.bytes;
    if (end > size) throw refuse(path, `an end ${end - size} bytes early`);
    const element = { start, end, type: tag.type };
    if (tag.type === miMATRIX || tag.type === miCOMPRESSED) {
      const header = await told(path, async () => {
        await using reader = await openElement(path, { element, little, signal });
        return await readMatHeader(reader, little);
      });
      arrays.push({ ...header, path, element, little });
    }
    at = tag.type === miCOMPRESSED ? end : end + (8 - end % 8) % 8;
  }
  return arrays;
}

/**
 * Streams the numbers of an array as they are stored. The check sum of compressed numbers is
 * compared after the last of them.
 *
 * @throws {DataError} if the file is damaged
 */
export async function* streamMatBytes(
  array: MatArray,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { path, little, small } = array;
  if (small) return yield small;
  try {
    await using reader = await openElement(path, { ...array, signal });
    const { bytes } = await readMatHeader(reader, little);
    yield* reader.stream(bytes);
    while (await reader.read(Infinity));
  } catch (error) {
    throw inFile(path, error, signal);
  }
}

/**
 * All numbers of an array.
 *
 * @throws {DataError} if the file is damaged
 */
export async function readMatNumbers(array: MatArray, signal?: AbortSignal): Promise<number[]> {
  const bytes = new Uint8Array(array.bytes);
  let read = 0;
  for await (const piece of streamMatBytes(array, signal)) {
    bytes.set(piece, read);
    read += piece.length;
  }
  return readNumbers(bytes, array);
}

/**
 * Whether numbers have their lowest byte first, from the header of the file.
 *
 * @throws {DataError} if it is another file, or of another version
 */
async function readFileHeader(path: string): Promise<boolean> {
  const found = await told(path, async () => {
    await using reader = new ByteReader(await streamFile(path, { end: HEADER }));
    const start = new Uint8Array(HEADER);
    let length = 0;
    for (let piece; (piece = await reader.read(HEADER)); length += piece.length) {
      start.set(piece, length);
    }
    const found = matVersion(start.subarray(0, length));
    if (!found && length < HEADER) throw new EndsEarly(`an end ${HEADER - length} bytes early`);
    if (!found) throw new MatError("another kind of file");
    return found;
  });
  if ("little" in found) return found.little;
  const got = found.version.startsWith("version") ? `a file of ${found.version}` : found.version;
  throw new DataError(
    `Cannot read ${path}: needs a MAT-file of version 5 to 7, got ${got}; save it again with "-v7" or ` +
      '"-v6", in MATLAB or Octave',
  );
}

/** A reader inside an array's element, after its tag. */
async function openElement(
  path: string,
  { element, little, signal }: Pick<MatArray, "element" | "little"> & { signal?: AbortSignal },
): Promise<ByteReader> {
  if (element.type === miMATRIX) return new ByteReader(await streamFile(path, element));
  const stored = await streamFile(path, { ...element, readBytes: PACKED_BYTES });
  const unpacked = stored.pipeThrough(new DecompressionStream("deflate"), { signal });
  const reader = new ByteReader(unpacked);
  try {
    const { type } = await readTag(reader, little);
    if (type !== miMATRIX) throw new MatError(`a compressed element of type ${type}`);
    return reader;
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
}

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inFile(path, error);
  }
}

/** What is wrong with a file's content as a DataError; another error as it is. */
function inFile(path: string, error: unknown, signal?: AbortSignal): unknown {
  signal?.throwIfAborted();
  const ours = error instanceof MatError || error instanceof EndsEarly ||
    error instanceof TypeError; // of the decompression
  return ours ? refuse(path, error.message, error) : error;
}

function refuse(path: string, got: string, cause?: unknown): DataError {
  return new DataError(
    `Cannot read ${path}: needs an intact MAT-file of version 5 to 7, got ${got}; put a whole copy ` +
      `in its place`,
    { cause },
  );
}
