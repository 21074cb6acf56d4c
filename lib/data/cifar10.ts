/**
 * CIFAR-10: 60,000 photographs of ten classes, 32×32 pixels in colour.
 *
 * A. Krizhevsky: Learning multiple layers of features from tiny images (2009).
 *
 * @module
 */

import { join } from "@std/path";
import { cifarFiles, readClasses } from "./cifar_files.ts";
import { type Dataset, recordBytes, type RecordFormat } from "./dataset.ts";
import { filePart } from "./file_part.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";

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
const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const testFile = "test_batch.bin";

/**
 * CIFAR-10 from a directory. What is missing there is taken from `cifar-10-binary.tar.gz` in the same
 * directory, which is downloaded if it is missing too.
 *
 * @throws {DataError} if a file or the archive is not what it should be, or the download fails
 */
export async function cifar10(options: Cifar10Options): Promise<Dataset> {
  const { archive = cifar10Archive, recordsPerFile = 10_000 } = options;
  const bytes = recordsPerFile * recordBytes(format);
  const place = await cifarFiles({
    ...options,
    archive,
    archiveName: "cifar-10-binary.tar.gz",
    folder: "cifar-10-batches-bin",
    files: [...trainFiles, testFile].map((name) => ({ name, bytes })),
  });
  const pathOf = (name: string) => join(place, name);
  const part = (name: string) => filePart(pathOf(name), { records: recordsPerFile });
  return {
    name: "cifar10",
    classes: await readClasses(pathOf("batches.meta.txt"), classes),
    fingerprint: await fingerprintOf([...trainFiles, testFile].map(pathOf)),
    format,
    parts: { train: trainFiles.map(part), test: [part(testFile)] },
  };
}
