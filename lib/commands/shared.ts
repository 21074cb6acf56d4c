/**
 * Flags and steps that several commands share.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { choice, string } from "../cli/flag_types.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import type { DownloadProgress } from "../data/cifar10.ts";
import type { Dataset } from "../data/dataset.ts";
import { ifThere } from "../files.ts";
import { type DatasetName, datasetNames, defaultDataDir, openDataset } from "../data/open.ts";
import type { AdapterPreference } from "../gpu/adapter.ts";

/** `--dataset`. */
export const datasetFlag: Flag<DatasetName | undefined> = choice(datasetNames, {
  help: "Data set: CIFAR and SVHN are downloaded where they are not there, folder is of your own " +
    "pictures in a folder for each class, shapes needs no data (default cifar10)",
});

/** `--data-dir`. */
export const dataDirFlag: Flag<string | undefined> = string({
  help:
    "Directory of the data set, and where a download goes (default where the run found it, else " +
    "data/DATASET)",
  placeholder: "DIR",
});

/** `--adapter`. */
export const adapterFlag: Flag<AdapterPreference> = choice(
  ["high-performance", "low-power", "software"],
  { help: "Which adapter to run on", default: "high-performance" },
);

/**
 * Where a data set lies: where it is said, else where a run found it, if it is still there, else where a
 * download goes.
 */
export async function dataDirOf(
  name: DatasetName,
  { given, known }: { given?: string; known?: string },
): Promise<string> {
  if (given === undefined && known !== undefined && await ifThere(Deno.stat(known))) return known;
  return given ?? defaultDataDir(name);
}

/** @throws {UsageError} if there is something at a directory's path that is none */
export async function requireDirectory(path: string, flag: string): Promise<void> {
  const found = await ifThere(Deno.stat(path));
  if (!found || found.isDirectory) return;
  throw new UsageError(`Cannot use ${path}: ${flag} needs a directory, got a file`);
}

/** Opens a data set, saying how its download goes, in MiB. */
export async function openDatasetFor(
  io: Io,
  { name, dir }: { name: DatasetName; dir: string },
): Promise<Dataset> {
  await requireDirectory(dir, "--data-dir");
  const started = performance.now();
  const onProgress = ({ received, total }: DownloadProgress) =>
    io.progress({
      step: Math.round(received / 2 ** 20),
      total: Math.round(total / 2 ** 20),
      elapsedSeconds: (performance.now() - started) / 1000,
    });
  try {
    return await openDataset(name, { dir, onProgress, signal: io.signal });
  } finally {
    io.progress(undefined);
  }
}
