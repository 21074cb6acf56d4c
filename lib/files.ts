/**
 * Files that are there whole or not at all, or need not be there.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "@std/path";
import { reasonOf } from "./system_error.ts";

const temporaryName = /^\..+\.[0-9a-f]{8}\.partial$/;

/**
 * Writes a file so that whoever opens `path`, at any moment and after any crash, finds either what
 * was there before or all of the new content: into a temporary file beside it, then to the disk,
 * then under its name. A link is followed; what is no regular file, such as a pipe, is written into.
 *
 * @throws {Error} if the disk is full, the directory missing, or whatever `chunks` throws; `path` is
 * then as it was and the temporary file is gone; or if the directory cannot be flushed, which the
 * message says: the new content is then there, but a crash of the machine may undo it
 */
export async function writeFileAtomically(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const refused = (error: unknown): never => {
    if (!isSystemError(error)) throw error;
    throw new Error(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  };
  const { target, replaceable } = await targetOf(path).catch(refused);
  if (!replaceable) {
    using file = await Deno.open(target, { write: true }).catch(refused);
    for await (const chunk of chunks) await writeAll(file, chunk).catch(refused);
    return;
  }
  const temporary = await openTemporary(target).catch(refused);
  using file = temporary.file;
  try {
    for await (const chunk of chunks) await writeAll(file, chunk).catch(refused);
    await file.sync().catch(refused);
    // While it is locked: whoever cleans up takes it for a file that is being written.
    await Deno.rename(temporary.path, target).catch(refused);
  } catch (error) {
    await removeIfThere(temporary.path);
    throw error;
  }
  await syncDirectory(dirname(target)).catch((cause) => {
    throw new Error(
      `Cannot make sure of ${path}: it is written, but a crash of the machine may undo it, as its ` +
        `directory cannot be flushed: ${reasonOf(cause)}`,
      { cause },
    );
  });
}

/** More links than that, one after the other, are taken for a circle. */
const mostLinks = 40;

/** Where links lead, and whether what is there may be replaced by a file. */
async function targetOf(path: string): Promise<{ target: string; replaceable: boolean }> {
  let target = path;
  for (let links = 0; links < mostLinks; links++) {
    const found = await ifThere(Deno.lstat(target));
    // A directory in its place is refused by the renaming.
    const replaceable = !found || found.isFile || found.isDirectory;
    if (!found?.isSymlink) return { target, replaceable };
    target = resolve(dirname(target), await Deno.readLink(target));
  }
  throw new Error(`Cannot write ${path}: needs a file, got a link that leads back to itself`);
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
    if (await removeUnlocked(join(directory, name))) removed.push(name);
  }
  return removed.sort();
}

/** What looking at a file found; nothing if there is no such file. */
export async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a file; that somebody else was faster is no error. */
export async function removeIfThere(path: string): Promise<void> {
  await ifThere(Deno.remove(path));
}

/** Writes all bytes, which a single write need not do. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** A new file beside `path`, marked by a lock as being written. */
async function openTemporary(path: string): Promise<{ path: string; file: Deno.FsFile }> {
  while (true) {
    const unique = crypto.randomUUID().slice(0, 8);
    const temporary = join(dirname(path), `.${basename(path)}.${unique}.partial`);
    const file = await Deno.open(temporary, { write: true, createNew: true });
    // A file system without locks only loses the mark.
    const locked = await file.tryLock(true).catch(() => true);
    if (locked && await ifThere(Deno.lstat(temporary))) return { path: temporary, file };
    // Somebody cleaned up between the two.
    file.close();
    await removeIfThere(temporary);
  }
}

/** A rename is on the disk only when the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  if (Deno.build.os === "windows") return; // There a directory can be neither opened nor flushed.
  using handle = await Deno.open(directory, { read: true });
  await handle.sync();
}

/** Removes a file that nobody has locked; says whether it did. */
async function removeUnlocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path, { write: true });
    if (!await file.tryLock(true)) return false;
    await Deno.remove(path);
    return true;
  } catch {
    return false; // Gone, or not ours to judge.
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}
