/**
 * CIFAR-10: 60,000 photographs of ten classes, 32×32 pixels in colour.
 *
 * A. Krizhevsky: Learning multiple layers of features from tiny images (2009).
 *
 * @module
 */

import { join } from "@std/path";
import { writeFileAtomically } from "../files.ts";
import { DataError, type Dataset, type Part, recordBytes, type RecordFormat } from "./dataset.ts";
import { download, md5Of } from "./download.ts";
import { filePart, streamFile } from "./file_part.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";
import { untar } from "./tar.ts";

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
const folder = "cifar-10-batches-bin", namesFile = "batches.meta.txt";
const trainFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), testFile = "test_batch.bin";
const files = [...trainFiles, testFile];
const classes = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");

/**
 * CIFAR-10 from a directory; files that are missing there are downloaded first.
 *
 * @throws {DataError} if a file has the wrong length, or the download or the archive fails
 */
export async function cifar10(options: Cifar10Options): Promise<Dataset> {
  const { dir, recordsPerFile = 10_000 } = options;
  const bytes = recordsPerFile * recordBytes(format);
  let where = join(dir, folder);
  let missing = await missingFiles(where, bytes)
  if (missing.length > 0 && (await missingFiles(dir, bytes)).length === 0) where = dir;
  ...
}
