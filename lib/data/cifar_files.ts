/**
 * The files of CIFAR-10 and CIFAR-100, which are published alike: as an archive with a folder of
 * record files.
 *
 * @module
 */

import { join } from "@std/path";
import { ifThere, removeStaleTemporaries } from "../files.ts";
import { DataError } from "./dataset.ts";
import { fetchFile, md5Of } from "./download.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";
import { unpack } from "./unpack.ts";

/** Which files, and where they lie or come from. */
export interface CifarFilesOptions extends Omit<DownloadOptions, "path"> {
  /** The directory that has the files, or is to have the folder with them. */
  readonly dir: string;
  /** What is downloaded where they are missing. */
  readonly archive: RemoteFile;
  /** What it is called in `dir`. */
  readonly archiveName: string;
  /** The folder that they are in, there and here. */
  readonly folder: string;
  /** Names and lengths of the files. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * The directory that has all files: `dir` or its folder. What is missing there is taken from the
 * archive, which is in `dir` or downloaded to there.
 *
 * @throws {DataError} if a file or the archive is not what it should be, or the download fails
 */
export async function cifarFiles(options: CifarFilesOptions): Promise<string> {
  const { dir, folder } = options;
  const place = join(dir, folder);
  const missing = await missingFiles(place, options);
  if (missing.length === 0) return place;
  const missingHere = await missingFiles(dir, options);
  if (missingHere.length === 0) return dir;
  try {
    await fetchFiles(place, options);
  } catch (error) {
    const [where, names] = missing.length <= missingHere.length
      ? [place, missing]
      : [dir, missingHere];
    const some = names.length < options.files.length && error instanceof DataError;
    if (!some) throw error;
    const lacks = names.map(({ name }) => name).join(", ");
    throw new DataError(`${where} lacks ${lacks}. ${error.message}`, { cause: error });
  }
  return place;
}

/** Those files that a directory does not have. */
async function missingFiles(
  directory: string,
  { files }: CifarFilesOptions,
): Promise<CifarFilesOptions["files"]> {
  const missing = [];
  for (const wanted of files) {
    const path = join(directory, wanted.name);
    const file = await ifThere(Deno.stat(path));
    if (!file) missing.push(wanted);
    else if (file.size !== wanted.bytes) {
      throw new DataError(
        `Cannot use ${path}: needs ${wanted.bytes} bytes, got ${file.size}; remove it to have it ` +
          `fetched again`,
      );
    }
  }
  return missing;
}

/** Unpacks what a directory does not have, after downloading it if need be. */
async function fetchFiles(directory: string, options: CifarFilesOptions): Promise<void> {
  const { dir, archive, folder, signal } = options;
  const path = join(dir, options.archiveName);
  if (await ifThere(Deno.stat(path))) await checkArchive(path, archive, signal);
  else {
    await Deno.mkdir(dir, { recursive: true });
    await fetchFile(archive, { ...options, path });
  }
  await Deno.mkdir(directory, { recursive: true });
  await removeStaleTemporaries(directory); // of a process that was killed while unpacking
  const wanted = (await missingFiles(directory, options)).map(({ name, bytes }) => ({
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

/**
 * The names of classes in a file with one a line, or else those that were published.
 *
 * @throws {DataError} if it has another number of names
 */
export async function readClasses(
  path: string,
  published: readonly string[],
): Promise<readonly string[]> {
  const text = await ifThere(Deno.readTextFile(path));
  if (text === undefined) return published;
  const names = text.split("\n").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length === published.length) return names;
  throw new DataError(
    `Cannot use ${path}: needs ${published.length} names of classes, got ${names.length}; ` +
      `remove it to have the published names`,
  );
}
