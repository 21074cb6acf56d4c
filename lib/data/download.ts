/**
 * Downloads that go on where they stopped.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { ifThere, removeIfThere } from "../files.ts";
import { reasonOf } from "../system_error.ts";
import { DataError, DataPlaceError } from "./dataset.ts";
import { type DownloadOptions, receive, type RemoteFile } from "./receive.ts";

/** How often a process that waits for another one's download looks. */
const WAIT_MS = 300;

/**
 * Downloads a file to `path`, where it appears only whole and with the right MD5.
 *
 * Until then it is `path.partial`, from which the next call goes on. Of several processes one
 * downloads, and the others wait for it.
 *
 * @throws {DataError} in one sentence with URL and cause: the server cannot be reached or refuses, its
 * file has another length or MD5 (what came is then removed), the connection ends early or stalls, or
 * the disk is full
 */
export async function download(remote: RemoteFile, options: DownloadOptions): Promise<void> {
  const { path, signal } = options;
  const refuse = (cause: unknown, what: string) =>
    new DataError(`Cannot download ${remote.url} to ${path}: ${what}`, { cause });
  using file = await openAlone(remote, options).catch((error) => {
    signal?.throwIfAborted();
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw refuse(error, `it cannot be written (${reasonOf(error)}); make that possible`);
  });
  if (!file) return; // another process has downloaded it
  try {
    await receive(remote, file, options);
    await file.sync();
    const md5 = await md5Of(file, signal);
    if (md5 !== remote.md5) {
      await file.truncate();
      throw new DataError(
        `it needs to have the MD5 ${remote.md5}, got ${md5}, so what came was removed`,
      );
    }
    await Deno.rename(`${path}.partial`, path);
    await removeIfThere(`${path}.etag`);
  } catch (error) {
    signal?.throwIfAborted();
    const { size } = await file.stat();
    if (size === 0) await removeIfThere(`${path}.partial`);
    const goOn = `run it again${size > 0 ? ` to go on after ${size} bytes` : ""}`;
    throw refuse(error, `${causeOf(error)}; ${goOn}`);
  }
}

/**
 * {@linkcode download} for a data set, where a user can put the file too.
 *
 * @throws {DataError} as it does, saying so
 */
export async function fetchFile(remote: RemoteFile, options: DownloadOptions): Promise<void> {
  try {
    await download(remote, options);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const advice = "or put the file there by other means";
    throw new DataPlaceError(`${error.message}, ${advice}`, { cause: error });
  }
}

/** The MD5 of a file, in hexadecimal. */
export async function md5Of(file: Deno.FsFile, signal?: AbortSignal): Promise<string> {
  const hash = createHash("md5"), bytes = new Uint8Array(1 << 20);
  await file.seek(0, Deno.SeekMode.Start);
  for (let length; (length = await file.read(bytes)) !== null;) {
    signal?.throwIfAborted();
    hash.update(bytes.subarray(0, length));
  }
  return hash.digest("hex");
}

/** The partial file, as soon as no other process has it; nothing if the whole file is there. */
async function openAlone(
  { bytes }: RemoteFile,
  { path, onProgress, signal }: DownloadOptions,
): Promise<Deno.FsFile | undefined> {
  const partial = `${path}.partial`;
  while (true) {
    signal?.throwIfAborted();
    const file = await Deno.open(partial, { read: true, write: true, create: true });
    // A file system without locks loses only this protection.
    const alone = await file.tryLock(true).catch(() => true);
    const { ino, size } = await file.stat();
    const whole = await ifThere(Deno.stat(path));
    // Whoever had the lock before may have renamed what was opened here.
    if (alone && !whole && ino === (await ifThere(Deno.stat(partial)))?.ino) return file;
    if (alone && whole) await removeIfThere(partial);
    file.close();
    if (whole) return undefined;
    onProgress?.({ received: size, total: bytes });
    if (!alone) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

/** What is at the bottom of an error, without the address that the message has already. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && !(error instanceof DataError) && error.cause || error;
  return reasonOf(cause).replace(/^error sending request.*?\): (client error \(\w+\): )?/, "");
}
