/**
 * SVHN: digits of house numbers, cropped to 32×32 pixels in colour; 73,257 to learn from, 26,032 to be
 * judged by.
 *
 * Y. Netzer and others: Reading digits in natural images with unsupervised feature learning (2011).
 *
 * @module
 */

import { join } from "@std/path";
import { FixedChunkStream } from "@std/streams/unstable-fixed-chunk-stream";
import { ifThere, removeIfThere, removeStaleTemporaries, writeFileAtomically } from "../files.ts";
import {
  DataError,
  type Dataset,
  type DatasetPart,
  recordBytes,
  type RecordFormat,
} from "./dataset.ts";
import { fetchFile } from "./download.ts";
import { filePart } from "./file_part.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { listMatArrays, type MatArray, readMatNumbers, streamMatBytes } from "./mat.ts";
import { planesOfColumns } from "./planes.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";

/** The files with cropped digits, as their authors publish them. */
export const svhnFiles: Readonly<Record<"train" | "test", RemoteFile>> = {
  train: {
    url: "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
    bytes: 182_040_794,
    md5: "e26dedcc434d2e4c54c9b2d4a06d8373",
  },
  test: {
    url: "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
    bytes: 64_275_384,
    md5: "eb5a983be6a315427106f1b164d9cef3",
  },
};

/** Where SVHN lies, and whom to tell of a download. */
export interface SvhnOptions extends Omit<DownloadOptions, "path"> {
  /** The directory that has `train_32x32.mat` and `test_32x32.mat`, or is to have them. */
  readonly dir: string;
  /** What is downloaded where they are missing; default {@linkcode svhnFiles}. */
  readonly files?: Readonly<Record<"train" | "test", RemoteFile>>;
}

const format: RecordFormat = { labelBytes: 1, labelAt: 0, height: 32, width: 32, channels: 3 };
const PICTURE = 32 * 32 * 3;

/**
 * SVHN from a directory. A missing file is downloaded. Each is turned once into a file of records
 * beside it (`train_32x32.bin`), and again when it is another one, by its length and time; the `.mat` file is
 * not needed after that.
 *
 * @throws {DataError} if a file is not what it should be, or the download fails
 */
export async function svhn(options: SvhnOptions): Promise<Dataset> {
  await Deno.mkdir(options.dir, { recursive: true });
  await removeStaleTemporaries(options.dir); // of a process that was killed while converting
  const train = [await openSplit("train", options)];
  const test = [await openSplit("test", options)];
  return {
    name: "svhn",
    classes: [..."0123456789"],
    fingerprint: await fingerprintOf([...train, ...test].map(({ name }) => name)),
    format,
    flip: false,
    parts: { train, test },
  };
}

async function openSplit(split: "train" | "test", options: SvhnOptions): Promise<DatasetPart> {
  const { dir, files = svhnFiles, signal } = options;
  const mat = join(dir, `${split}_32x32.mat`), records = join(dir, `${split}_32x32.bin`);
  const madeOf = `${records}.source`; // what it was made of
  const made = await ifThere(Deno.stat(records));
  const source = await describe(mat);
  if (!made || source && source !== await ifThere(Deno.readTextFile(madeOf))) {
    if (!source) await fetchFile(files[split], { ...options, path: mat });
    const known = await describe(mat); // as it was when the reading began
    await removeIfThere(madeOf);
    await convert(mat, { to: records, signal, onProgress: options.onProgress });
    await writeFileAtomically(madeOf, [new TextEncoder().encode(known)]);
  }
  const { size } = await Deno.stat(records);
  if (size === 0 || size % recordBytes(format) !== 0) {
    throw new DataError(
      `Cannot use ${records}: needs records of ${recordBytes(format)} bytes, got ${size} bytes; ` +
        `remove it to have it made again`,
    );
  }
  return filePart(records, { records: size / recordBytes(format) });
}

/** The length and the time of a file; nothing if there is none. */
async function describe(path: string): Promise<string | undefined> {
  const found = await ifThere(Deno.stat(path));
  return found && `${found.size} bytes of ${found.mtime?.toISOString()}\n`;
}

/** Writes the pictures of a MAT-file as records. */
async function convert(
  mat: string,
  options: Pick<DownloadOptions, "signal" | "onProgress"> & { to: string },
): Promise<void> {
  const arrays = await listMatArrays(mat, options.signal);
  const has = arrays.map(({ name, className, dims }) => `${name} (${className} ${dims.join("×")})`);
  const refuse = (needs: string, got = has.join(", ") || "no arrays") =>
    new DataError(`Cannot use ${mat}: needs ${needs}, got ${got}; put the published file there`);
  const pictures = arrays.find(({ name }) => name === "X");
  const digits = arrays.find(({ name }) => name === "y");
  const count = digits?.dims.reduce((a, b) => a * b, 1);
  const [height, width, channels, pictureCount = 1] = pictures?.dims ?? [];
  const fits = `${height} ${width} ${channels}` === "32 32 3" && pictures?.dims.length! <= 4;
  if (!pictures || !fits || pictures.className !== "uint8" || pictures.stored !== "uint8") {
    throw refuse("pictures X (uint8 32×32×3×N)");
  }
  const inARow = digits?.bytes && Math.max(...digits.dims) === count; // cells have no bytes of their own
  if (!digits || !inARow || count !== pictureCount) {
    throw refuse(`digits y (numbers, ${pictureCount}×1)`);
  }
  const labels = (await readMatNumbers(digits, options.signal)).map((digit, i) => {
    if (Number.isInteger(digit) && digit >= 1 && digit <= 10) return digit % 10;
    throw refuse(`digits y from 1 to 10, which is the digit 0`, `${digit} for picture ${i}`);
  });
  await writeFileAtomically(options.to, recordsOf(pictures, { ...options, labels }));
}

async function* recordsOf(
  pictures: MatArray,
  { labels, signal, onProgress }: Pick<DownloadOptions, "signal" | "onProgress"> & {
    labels: readonly number[];
  },
): AsyncGenerator<Uint8Array, void, void> {
  const size = recordBytes(format), total = labels.length * size;
  const stream = ReadableStream.from(streamMatBytes(pictures, signal))
    .pipeThrough(new FixedChunkStream(64 * PICTURE));
  let first = 0;
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    const count = chunk.length / PICTURE;
    const records = new Uint8Array(count * size);
    for (let i = 0; i < count; i++) {
      records[i * size] = labels[first + i];
      const picture = chunk.subarray(i * PICTURE, (i + 1) * PICTURE);
      records.set(planesOfColumns(picture, format), i * size + 1);
    }
    first += count;
    onProgress?.({ received: first * size, total });
    yield records;
  }
}
