/**
 * Pictures of one's own: a folder for each class, PNG and JPEG files in it.
 *
 * @module
 */

import { join } from "@std/path";
import { ifThere, removeIfThere, removeStaleTemporaries, writeFileAtomically } from "../files.ts";
import {
  DataError,
  type Dataset,
  type DatasetPart,
  recordBytes,
  type RecordFormat,
} from "./dataset.ts";
import { filePart, type FileRange } from "./file_part.ts";
import { type FoundPicture, listPictures, type PictureList } from "./folder_list.ts";
import { decodeImage, resizeToCover } from "./image.ts";
import { planesOf } from "./planes.ts";
import type { DownloadProgress } from "./receive.ts";

/** Which folder, and what becomes of its pictures. */
export interface FolderOptions {
  /** The folder: it has one folder for each class, or `train/` and `test/` with these in them. */
  readonly dir: string;
  /** Rows and columns of the pictures, which are resized and cut to a square of that; default 32. */
  readonly size?: number;
  /** About this part of the pictures is to be judged by, where there is no `test/`; default 0.1. */
  readonly testFraction?: number;
  /** Where the resized pictures are kept; default `.tower/` in the folder. */
  readonly cacheDir?: string;
  /** Called as pictures are resized, with the bytes of their files. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops the resizing. */
  readonly signal?: AbortSignal;
}

/** Broken pictures named in a message; all of them are listed in a file. */
const NAMED = 3;

/** What was made before is kept until nobody has opened it for so long: a run opens it every epoch. */
const UNUSED_MS = 7 * 24 * 3600 * 1000;

/**
 * The pictures of a folder. Each is decoded once and resized to a square, its middle; the results are
 * kept as a file of records, which is made anew when a picture was added, removed or changed. The file
 * from before stays for those who still read it, and goes when nobody has opened it for a week.
 *
 * Whether a picture is to learn from or to be judged by depends on its name alone, so that adding
 * others does not change it.
 *
 * @throws {DataError} if the folder holds no classes or a picture is broken, after all were tried
 * @throws {RangeError} if an option is out of its range
 *
 * @example
 * ```ts
 * import { countRecords, encodePng, folder } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * // photos/dark/0.png, …: a folder for each class, pictures of any size in it
 * const photos = await Deno.makeTempDir();
 * for (const [name, value] of [["dark", 20], ["light", 230]] as const) {
 *   await Deno.mkdir(`${photos}/${name}`);
 *   for (let i = 0; i < 10; i++) {
 *     const bytes = new Uint8Array(40 * 60 * 3).fill(value + i);
 *     const file = await encodePng({ height: 40, width: 60, channels: 3, bytes });
 *     await Deno.writeFile(`${photos}/${name}/${i}.png`, file);
 *   }
 * }
 * const dataset = await folder({ dir: photos, size: 32, testFraction: 0.2 });
 * assertEquals(dataset.classes, ["dark", "light"]);
 * assertEquals(countRecords(dataset, "train") + countRecords(dataset, "test"), 20);
 * ```
 */
export async function folder(options: FolderOptions): Promise<Dataset> {
  const { dir, size = 32, testFraction = 0.1, cacheDir = join(dir, ".tower"), signal } = options;
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`Cannot resize pictures: needs a size of at least 1, got ${size}`);
  }
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new RangeError(
      `Cannot split ${dir}: needs a fraction from 0 to less than 1, got ${testFraction}`,
    );
  }
  const format = { labelBytes: 1, labelAt: 0, height: size, width: size, channels: 3 };
  const list = await listPictures(dir, { testFraction, signal });
  const name = `${size}x${size}-`, path = join(cacheDir, `${name}${list.version}.bin`);
  const train = list.train.length, test = list.test.length, bytes = recordBytes(format);
  if ((await ifThere(Deno.stat(path)))?.size !== (train + test) * bytes) {
    await Deno.mkdir(cacheDir, { recursive: true });
    await removeStaleTemporaries(cacheDir);
    await writeFileAtomically(path, recordsOf(list, { ...options, format, cacheDir }));
  }
  await touch(path);
  await removeUnused(cacheDir);
  return {
    name: "folder",
    classes: list.classes,
    fingerprint: list.fingerprint,
    format,
    parts: {
      train: [keptPart(path, { records: train, end: train * bytes })],
      test: [keptPart(path, { records: test, start: train * bytes })],
    },
  };
}

/** One record after the other; if any picture is broken, fails when all have been tried. */
async function* recordsOf(
  { train, test }: PictureList,
  { dir, cacheDir, format, onProgress, signal }: FolderOptions & {
    cacheDir: string;
    format: RecordFormat;
  },
): AsyncGenerator<Uint8Array, void, void> {
  const pictures = [...train, ...test], broken: DataError[] = [], names: string[] = [];
  const total = pictures.reduce((sum, { bytes }) => sum + bytes, 0);
  let received = 0;
  for (const picture of pictures) {
    signal?.throwIfAborted();
    try {
      yield await recordOf(picture, format);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      broken.push(error);
      names.push(picture.path);
    }
    onProgress?.({ received: received += picture.bytes, total });
  }
  const listed = join(cacheDir, "broken.txt");
  if (broken.length === 0) return await removeIfThere(listed);
  await writeFileAtomically(listed, [new TextEncoder().encode(names.join("\n") + "\n")]);
  const some = broken.slice(0, NAMED).map(({ message }) => message).join(". ");
  throw new DataError(
    `Cannot use ${dir}: needs pictures that can be decoded, got ${broken.length} of ` +
      `${pictures.length} that cannot; repair or remove them, all are listed in ${listed}. ${some}`,
  );
}

async function recordOf(picture: FoundPicture, format: RecordFormat): Promise<Uint8Array> {
  const image = decodeImage(await Deno.readFile(picture.path), picture.path);
  const record = new Uint8Array(recordBytes(format));
  record[0] = picture.label;
  record.set(planesOf(resizeToCover(image, format)), 1);
  return record;
}

/** A part of a file of ours; opening it says that the file is in use. */
function keptPart(path: string, options: FileRange & { records: number }): DatasetPart {
  const part = filePart(path, options);
  return {
    ...part,
    async open(options) {
      await touch(path);
      return await part.open(options);
    },
  };
}

/** Where nothing can be written, nothing is removed either. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now).catch(() => {});
}

/** Removes what was made of pictures that have changed since, or in another size or split. */
async function removeUnused(cacheDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(cacheDir)) {
    if (!/^\d+x\d+-[0-9a-f]{16}\.bin$/.test(name)) continue;
    const path = join(cacheDir, name);
    const used = (await ifThere(Deno.stat(path)))?.mtime;
    if (used && Date.now() - used.getTime() > UNUSED_MS) {
      await removeIfThere(path).catch(() => {}); // Another user's; it does no harm.
    }
  }
}
