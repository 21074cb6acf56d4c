/**
 * Which pictures a folder holds, and which of them are to be judged by.
 *
 * @module
 */

import { join } from "@std/path";
import { createHash } from "node:crypto";
import { DataError, DataPlaceError } from "./dataset.ts";
import { ifThere } from "../files.ts";

/** A picture that was found. */
export interface FoundPicture {
  /** Its file. */
  readonly path: string;
  /** Its place among the classes. */
  readonly label: number;
  /** The length of its file. */
  readonly bytes: number;
}

/** What a folder holds. */
export interface PictureList {
  /** Names of the folders with pictures, in the order of their characters' numbers. */
  readonly classes: readonly string[];
  /** Pictures to learn from, in an order that has nothing to do with their classes. */
  readonly train: readonly FoundPicture[];
  /** Pictures to be judged by, likewise. */
  readonly test: readonly FoundPicture[];
  /** 16 hexadecimal digits that change when anything in this list does. */
  readonly fingerprint: string;
  /** 16 more that change when a file's time does, too, or what is made of files. */
  readonly version: string;
}

interface Found extends FoundPicture {
  /** A hash of its place in the folder. */
  readonly hash: string;
  readonly modified: number;
}

/** Counts up when pictures come out of the same files as others. */
const DECODING = 2;

/** A label is a byte. */
const MOST_CLASSES = 256;

/**
 * Lists the pictures in the class folders of a folder, and in those of its `train/` and `test/` if it
 * has no others. Folders in class folders belong to their class; names that start with a dot do not
 * count.
 *
 * @throws {DataError} if there are fewer than two classes or more than 256, one without pictures, or
 * a class in `test/` only
 */
export async function listPictures(
  dir: string,
  { testFraction, signal }: { testFraction: number; signal?: AbortSignal },
): Promise<PictureList> {
  const top = await foldersIn(dir);
  const split = top.join() === "test,train";
  const classes = split ? await foldersIn(join(dir, "train")) : top;
  checkClasses(split ? join(dir, "train") : dir, classes);
  let [train, test]: Found[][] = [[], []];
  if (split) {
    const extra = (await foldersIn(join(dir, "test"))).filter((name) => !classes.includes(name));
    if (extra.length > 0) {
      throw new DataError(
        `Cannot use ${join(dir, "test")}: needs the classes of ${join(dir, "train")}, got ` +
          `${extra[0]} too; give it pictures to learn from, or remove it`,
      );
    }
    train = await findAll(join(dir, "train"), { classes, required: true, signal });
    test = await findAll(join(dir, "test"), { classes, required: false, signal });
  } else {
    const found = await findAll(dir, { classes, required: true, signal });
    const judges = ({ hash }: Found) => parseInt(hash.slice(0, 8), 16) / 2 ** 32 < testFraction;
    [train, test] = [found.filter((picture) => !judges(picture)), found.filter(judges)];
  }
  if (train.length === 0 || test.length === 0 && (split || testFraction > 0)) {
    throw new DataError(
      `Cannot use ${dir}: needs pictures to learn from and to be judged by, got ${train.length} and ` +
        `${test.length}; add more, or sort them into the folders train and test`,
    );
  }
  const unseen = classes.find((_, label) => !train.some((picture) => picture.label === label));
  if (unseen !== undefined) {
    throw new DataError(
      `Cannot use ${dir}: needs pictures of ${unseen} to learn from, got none, as the few that there are ` +
        "would all be judged by; add more, or sort them into the folders train and test",
    );
  }
  const hashWithout = (...keys: string[]) =>
    sha256(JSON.stringify([classes, train, test], (key, value) => keys.includes(key) ? "" : value))
      .slice(0, 16);
  // A folder may be named in several ways, moved, and copied.
  const fingerprint = hashWithout("path", "modified");
  const version = sha256(DECODING + hashWithout("path")).slice(0, 16);
  return { classes, train, test, fingerprint, version };
}

function checkClasses(dir: string, classes: readonly string[]): void {
  if (classes.length >= 2 && classes.length <= MOST_CLASSES) return;
  throw new DataPlaceError(
    `Cannot use ${dir}: needs a folder of pictures for each of 2 to ${MOST_CLASSES} classes, got ` +
      `${classes.length}${classes.length === 1 ? ` (${classes[0]})` : ""}`,
  );
}

/** Names of the folders in a folder, links to folders included. */
async function foldersIn(dir: string): Promise<string[]> {
  if (!(await ifThere(Deno.stat(dir)))?.isDirectory) {
    throw new DataPlaceError(`Cannot use ${dir}: needs a folder, got none`);
  }
  const names = [];
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(dir)) {
    if (name.startsWith(".")) continue;
    const linked = isSymlink && (await ifThere(Deno.stat(join(dir, name))))?.isDirectory;
    if (isDirectory || linked) names.push(name);
  }
  return names.sort();
}

/** The pictures of all classes, ordered by their hashes. */
async function findAll(
  dir: string,
  options: { classes: readonly string[]; required: boolean; signal?: AbortSignal },
): Promise<Found[]> {
  const found: Found[] = [];
  for (const [label, name] of options.classes.entries()) {
    if (!options.required && !await ifThere(Deno.stat(join(dir, name)))) continue;
    const others: string[] = [], before = found.length;
    for await (const inside of filesIn(join(dir, name))) {
      options.signal?.throwIfAborted();
      const path = join(dir, name, inside);
      if (!/\.(png|jpe?g)$/i.test(inside)) others.push(inside);
      else {
        const { size, mtime } = await Deno.stat(path);
        const hash = sha256(`${name}/${inside.replaceAll("\\", "/")}`);
        found.push({ path, label, bytes: size, hash, modified: mtime?.getTime() ?? 0 });
      }
    }
    if (options.required && found.length === before) {
      const got = others.length === 0 ? "none" : `${others.length} others, such as ${others[0]}`;
      throw new DataError(
        `Cannot use ${join(dir, name)}: needs PNG or JPEG files (.png, .jpg, .jpeg), got ${got}; ` +
          `convert them, or remove the folder`,
      );
    }
  }
  return found.sort((a, b) => a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0);
}

/** The files below a folder, as paths from it. */
async function* filesIn(dir: string): AsyncGenerator<string, void, void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(dir)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) {
      for await (const inside of filesIn(join(dir, name))) yield join(name, inside);
    } else if (!isSymlink || (await ifThere(Deno.stat(join(dir, name))))?.isFile) yield name;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
