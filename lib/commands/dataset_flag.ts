/**
 * `--dataset`: a name, or a file; and where its data lie.
 *
 * @module
 */
import { resolve } from "@std/path";
import type { Io } from "../cli/command.ts";
import { integer, string } from "../cli/flag_types.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import { DataError, DataPlaceError, type Dataset } from "../data/dataset.ts";
import { DatasetModuleError } from "../data/dataset_module.ts";
import { datasetNames, defaultDataDir, openDataset } from "../data/open.ts";
import type { DownloadProgress } from "../data/receive.ts";
import { ifThere } from "../files.ts";
import { readNotes, type RunConfig } from "../train/run_directory.ts";
import { isFile, nameOrFile, shortName, whereNow } from "./name_or_file.ts";
import { requireDirectory } from "./shared.ts";

/** What the flag takes. */
export const datasets = { flag: "dataset", names: datasetNames, example: "./my_data.ts" } as const;

/** `--dataset`. */
export const datasetFlag: Flag<string | undefined> = string({
  help: "Data set: cifar10, cifar100, cifar100-coarse and svhn are downloaded where they are not " +
    "there, folder is of your own pictures in a folder for each class, shapes needs no data; or a " +
    "file such as ./my_data.ts whose default export makes one (default cifar10)",
  placeholder: "NAME",
});

/** `--data-dir`. */
export const dataDirFlag: Flag<string | undefined> = string({
  help:
    "Directory of the data set, and where a download goes (default where the run found it, else " +
    "data/DATASET)",
  placeholder: "DIR",
});

/** `--image-size`. */
export const imageSizeFlag: Flag<number | undefined> = integer({
  help: "Height and width to which folder resizes pictures, of which the network sees three " +
    "quarters (default 32)",
  min: 8,
  max: 1024,
});

/**
 * What a run's configuration keeps of the data set: a name, or a file's URL.
 *
 * @throws {UsageError} if there is no such name, and it is no file's
 */
export function datasetName(given: string): string {
  return nameOrFile(given, datasets);
}

/** Which data set, where. */
export interface DatasetPlace {
  /** Its name, or the URL of its file. */
  readonly name: string;
  /** The directory of its data. */
  readonly dir: string;
  /** Rows and columns of its pictures, where it resizes them. Default: its own. */
  readonly imageSize?: number;
}

/**
 * Where a data set lies: where it is said, else where a run found it, else where a download goes. What can be
 * downloaded is not looked for where it is no longer.
 */
export async function dataDirOf(
  name: string,
  { given, known }: { given?: string; known?: string },
): Promise<string> {
  if (given !== undefined) return given;
  const own = name === "folder" || isFile(name);
  if (known !== undefined && (own || await ifThere(Deno.stat(known)))) return known;
  return defaultDataDir(shortName(name));
}

/**
 * The data that a run was trained on, unless the flags name others, in the size that it knows.
 *
 * @param path the run's directory
 */
export async function placeOfRun(
  { dataset: kept, picture, imageSize }: RunConfig,
  { path, dataset: given, dataDir }: { path: string; dataset?: string; dataDir?: string },
): Promise<DatasetPlace> {
  const name = given === undefined ? kept : datasetName(given);
  const own = name === kept || isFile(name) && isFile(kept);
  const known = own ? (await readNotes(path)).dataDir : undefined;
  const dir = await dataDirOf(name, { given: dataDir, known });
  if (name === "folder") return { name, dir, imageSize: imageSize ?? picture?.height };
  return { name, dir, imageSize: isFile(name) ? imageSize : undefined };
}

/**
 * Opens a data set, saying how its download goes, in MiB.
 *
 * @throws {UsageError} if it has pictures of one size only and another is asked for, or it is a file that
 * makes none
 */
export async function openDatasetFor(
  io: Io,
  { name, dir, imageSize: size }: DatasetPlace,
): Promise<Dataset> {
  if (size !== undefined && name !== "folder" && !isFile(name)) {
    throw new UsageError(
      `Cannot use --image-size=${size} with --dataset=${name}: needs folder or a file of your own, as the ` +
        "pictures of others have their size; leave it out",
    );
  }
  await requireDirectory(dir, "--data-dir");
  const started = performance.now();
  const onProgress = ({ received, total }: DownloadProgress) =>
    io.progress({
      step: Math.round(received / 2 ** 20),
      total: Math.round(total / 2 ** 20),
      elapsedSeconds: (performance.now() - started) / 1000,
    });
  const place = isFile(name) ? resolve(dir) : dir;
  try {
    return await openDataset(name, { dir: place, size, onProgress, signal: io.signal });
  } catch (error) {
    if (isOfPlace(error)) {
      throw new DataError(`${error.message}; --data-dir names the directory`, { cause: error });
    }
    if (!(error instanceof DatasetModuleError)) throw error;
    throw new UsageError(error.message + whereNow(error, datasets));
  } finally {
    io.progress(undefined);
  }
}

/** Whether it was thrown, at the bottom, because data are not where they were looked for. */
function isOfPlace(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error instanceof DataPlaceError || isOfPlace(error.cause);
}
