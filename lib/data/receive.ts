/**
 * Receives the rest of a file over HTTP.
 *
 * @module
 */

import { ifThere, removeIfThere, writeAll } from "../files.ts";
import { DataError } from "./dataset.ts";

/** A published file. */
export interface RemoteFile {
  /** Where it is. */
  readonly url: string;
  /** Its length in bytes. */
  readonly bytes: number;
  /** Its MD5 in hexadecimal. */
  readonly md5: string;
}

/** How far a download has come. */
export interface DownloadProgress {
  /** Bytes on the disk. */
  readonly received: number;
  /** Bytes in all. */
  readonly total: number;
}

/** What a download takes. */
export interface DownloadOptions {
  /** Where the file goes. */
  readonly path: string;
  /** A connection that brings nothing for so long is given up; default 60. */
  readonly stallSeconds?: number;
  /** Called for every piece that arrives. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops it; what has arrived stays. */
  readonly signal?: AbortSignal;
}

/**
 * Appends to `file` what it lacks of a remote file, or starts anew where the server cannot or may not
 * go on: it ignores ranges, or the file has changed there. The server's name for the version (its
 * ETag) is kept in `path.etag`.
 *
 * @throws {DataError} the cause, if the connection ends early or stalls or the server does not
 * have the file that was asked for
 */
export async function receive(
  remote: RemoteFile,
  file: Deno.FsFile,
  options: DownloadOptions,
): Promise<void> {
  const { path, onProgress, stallSeconds = 60 } = options;
  let { size: received } = await file.stat();
  if (received === remote.bytes) return;
  using stall = new StallTimer(stallSeconds);
  const signal = AbortSignal.any([stall.signal, ...options.signal ? [options.signal] : []]);
  const version = await ifThere(Deno.readTextFile(`${path}.etag`));
  const response = await request(remote, { from: received, version, signal });
  if (response.status !== 206 && received > 0) {
    received = 0;
    await file.truncate();
  }
  await keepVersion(response, `${path}.etag`);
  await file.seek(received, Deno.SeekMode.Start);
  for await (const bytes of response.body ?? []) {
    stall.restart();
    received += bytes.length;
    if (received > remote.bytes) break;
    await writeAll(file, bytes);
    onProgress?.({ received, total: remote.bytes });
  }
  if (received === remote.bytes) return;
  const short = received < remote.bytes;
  if (!short) await file.truncate();
  const got = short ? `${received} before the connection ended` : "more";
  throw new DataError(`it needs to have ${remote.bytes} bytes, got ${got}`);
}

/** Asks for the bytes from `from` on; status 206 brings them, 200 brings all. */
async function request(
  remote: RemoteFile,
  options: { from: number; version?: string; signal: AbortSignal },
): Promise<Response> {
  const { from, version, signal } = options;
  // A server may label the archive as an encoding, which fetch would undo if it had asked for one.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (from > 0) headers.set("range", `bytes=${from}-`);
  if (from > 0 && version) headers.set("if-range", version);
  const response = await fetch(remote.url, { headers, signal });
  const range = response.headers.get("content-range");
  const length = response.headers.get("content-length") ?? remote.bytes;
  if (response.status === 206 && range === `bytes ${from}-${remote.bytes - 1}/${remote.bytes}`) {
    return response;
  }
  if (response.status === 200 && Number(length) === remote.bytes) return response;
  await response.body?.cancel();
  // What is here may be of another version than what is there: take the whole.
  if (from > 0 && [206, 416].includes(response.status)) {
    return await request(remote, { from: 0, signal });
  }
  throw new DataError(
    response.status === 200
      ? `it needs to have ${remote.bytes} bytes, got ${length}`
      : `the server answered ${response.status} ${response.statusText}`.trimEnd(),
  );
}

/** Keeps the ETag, if it names the bytes: a weak one (`W/"…"`) cannot be asked to go on with. */
async function keepVersion(response: Response, path: string): Promise<void> {
  const version = response.headers.get("etag");
  if (version?.startsWith('"')) await Deno.writeTextFile(path, version);
  else await removeIfThere(path);
}

/** Aborts its signal unless it is restarted in time. */
class StallTimer implements Disposable {
  readonly #stop = new AbortController();
  readonly #seconds: number;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.restart();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  restart(): void {
    clearTimeout(this.#timer);
    const reason = `nothing came for ${this.#seconds} seconds`;
    this.#timer = setTimeout(() => this.#stop.abort(new DataError(reason)), this.#seconds * 1000);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
