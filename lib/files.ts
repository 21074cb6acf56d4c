/**
 * Files that are there whole or not at all.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";

const temporaryName = /^\..+\.[0-9a-f]{8}\.partial$/;

/**
 * Writes a file so that whoever opens `path`, at any moment and after any crash, finds either what
 * was there before or all of the new content: into a temporary file beside it, then to the disk,
 * then under its name.
 *
 * @throws {Error} if the disk is full, the directory missing, or whatever `chunks` throws; `path` is
 * then as it was and the temporary file is gone
 */
export async function writeFileAtomically(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const directory = dirname(path);
  const unique = crypto.randomUUID().slice(0, 8);
  const temporary = join(directory, `.${basename(path)}.${unique}.partial`);
  try {
    await writeLocked(temporary, chunks);
    await Deno.rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await removeIfThere(temporary);
    if (!isSystemError(error)) throw error;
    throw new Error(`Cannot write ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Removes the temporary files that writers left in a directory when their process was killed. Those
 * that somebody still writes are locked, and stay.
 *
 * @returns The names that were removed.
 */
export async function removeStaleTemporaries(directory: string): Promise<string[]> {
  const removed: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (!isFile || !temporaryName.test(name)) continue;
    if (await isLocked(join(directory, name))) continue;
    await removeIfThere(join(directory, name));
    removed.push(name);
  }
  return removed.sort();
}

/** Removes a file; that somebody else was faster is no error. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function writeLocked(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  // Marks the file as being written; a file system without locks only loses the mark.
  await file.tryLock(true).catch(() => false);
  for await (const chunk of chunks) {
    for (let written = 0; written < chunk.length;) {
      written += await file.write(chunk.subarray(written));
    }
  }
  await file.sync();
}

/** A rename is on the disk only when the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  if (Deno.build.os === "windows") return; // There a directory can be neither opened nor flushed.
  using handle = await Deno.open(directory, { read: true });
  await handle.sync();
}

async function isLocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { write: true });
    return !await file.tryLock(true);
  } catch {
    return true; // Gone, or not ours to judge.
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}
