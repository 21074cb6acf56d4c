/**
 * CIFAR-10: 60,000 photographs of ten classes, 32×32 pixels in colour.
 *
 * A. Krizhevsky: Learning multiple layers of features from tiny images (2009).
 *
 * @module
 */

import { join } from "@std/path";
import { removeStaleTemporaries } from "../files.ts";
import { DataError, type Dataset, recordBytes, type RecordFormat } from "./dataset.ts";
import { download, md5Of } from "./download.ts";
import { filePart } from "./file_part.ts";
import { ifThere } from "./if_there.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";
import { unpack } from "./unpack.ts";

export type { DownloadProgress, RemoteFile } from "./receive.ts";

/** The archive in its binary version, as its author publishes it. */
export const cifar10Archive: RemoteFile = {
  url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
  bytes: 170_052_171,
  md5: "c32a1d4ab5d03f1284b67883e8d87530",
};

/** Where CIFAR-10 lies, and whom to tell of a download. */
export interface Cifar10Options extends Omit<DownloadOptions, "path"> {
  /** The directory that has the files or `cifar-10-batches-bin/` with them, or is to have the latter. */
  readonly dir: string;
  /** What is downloaded where they are missing; default {@linkcode cifar10Archive}. */
  readonly archive?: RemoteFile;
  /** Records in each file; default 10,000. */
  readonly recordsPerFile?: number;
}

const format: RecordFormat = { labelBytes: 1, labelAt: 0, height: 32, width: 32, channels: 3 };
const classes = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");
const folder = "cifar-10-batches-bin";
const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const testFile = "test_batch.bin";

/**
 * CIFAR-10 from a directory. What is missing there is taken from `cifar-10-binary.tar.gz` in the same
 * directory, which is downloaded if it is missing too.
 *
 * @throws {DataError} if a file or the archive is not what it should be, or the download fails
 */
export async function cifar10(options: Cifar10Options): Promise<Dataset> {
  const { dir, recordsPerFile = 10_000 } = options;
  const bytes = recordsPerFile * recordBytes(format);
  let place = join(dir, folder);
  if ((await missingFiles(place, bytes)).length > 0) {
    if ((await missingFiles(dir, bytes)).length === 0) place = dir;
    else await fetchFiles(place, bytes, options);
  }
  const part = (name: string) => filePart(join(place, name), recordsPerFile);
  return {
    name: "cifar10",
    classes: await readClasses(place),
    format,
    parts: { train: trainFiles.map(part), test: [part(testFile)] },
  };
}

/** Names of the files that a directory does not have. */
async function missingFiles(directory: string, bytes: number): Promise<string[]> {
  const missing = [];
  for (const name of [...trainFiles, testFile]) {
    const path = join(directory, name);
    const file = await ifThere(Deno.stat(path));
    if (!file) missing.push(name);
    else if (file.size !== bytes) {
      throw new DataError(
        `Cannot use ${path}: needs ${bytes} bytes, got ${file.size}; remove it to have it fetched again`,
      );
    }
  }
  return missing;
}

/** Unpacks what a directory does not have, after downloading it if need be. */
async function fetchFiles(
  directory: string,
  bytes: number,
  options: Cifar10Options,
): Promise<void> {
  const { dir, archive = cifar10Archive, signal } = options;
  const path = join(dir, "cifar-10-binary.tar.gz");
  await Deno.mkdir(directory, { recursive: true });
  await removeStaleTemporaries(directory); // of a process that was killed while unpacking
  if (await ifThere(Deno.stat(path))) await checkArchive(path, archive, signal);
  else {
    try {
      await download(archive, { ...options, path });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const advice = `or put the file there by other means (--data-dir names its directory)`;
      throw new DataError(`${error.message}, ${advice}`, { cause: error });
    }
  }
  const names = await missingFiles(directory, bytes);
  const wanted = names.map((name) => ({
    name: `${folder}/${name}`,
    path: join(directory, name),
    bytes,
  }));
  await unpack(path, { wanted, signal });
}

async function checkArchive(
  path: string,
  { md5 }: RemoteFile,
  signal?: AbortSignal,
): Promise<void> {
  using file = await Deno.open(path);
  const got = await md5Of(file, signal);
  if (got === md5) return;
  throw new DataError(
    `Cannot use ${path}: needs the MD5 ${md5}, got ${got}; remove it to have it fetched again`,
  );
}

/** The names beside the files, or else those that were published. */
async function readClasses(directory: string): Promise<string[]> {
  const path = join(directory, "batches.meta.txt");
  const text = await ifThere(Deno.readTextFile(path));
  if (text === undefined) return classes;
  const names = text.split("\n").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length === classes.length) return names;
  throw new DataError(
    `Cannot use ${path}: needs ${classes.length} names of classes, got ${names.length}; ` +
      `remove it to have the published names`,
  );
}
