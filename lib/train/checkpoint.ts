/**
 * Checkpoints: `model.ckpt-STEP.safetensors` files in the directory of a run.
 *
 * @module
 */

import { join } from "@std/path";
import { readSafetensors, writeSafetensors } from "../export/safetensors_files.ts";
import type { HostTensor } from "../export/tensor_types.ts";
import { removeIfThere, removeStaleTemporaries } from "../files.ts";

/** Everything that a run needs to go on. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Parameters, averages and whatever else is numbers, by name. */
  readonly tensors: Record<string, HostTensor>;
  /** Whatever else there is to know, as texts; the name `step` is taken. */
  readonly metadata: Record<string, string>;
}

/** A checkpoint on the disk. */
export interface CheckpointFile {
  /** Where it is. */
  readonly path: string;
  /** The step in its name. */
  readonly step: number;
}

/** A file is a safetensors file and yet no checkpoint. */
export class CheckpointError extends Error {
  /** The name of the class. */
  override readonly name: string = "CheckpointError";
}

/** Options of {@linkcode saveCheckpoint}. */
export interface SaveCheckpointOptions {
  /** How many checkpoints to keep, the newest ones; at least 1. */
  readonly keep?: number;
}

const fileName = /^model\.ckpt-(0|[1-9]\d*)\.safetensors$/;

/**
 * Writes a checkpoint, whole or not at all, and only then removes the oldest ones and what killed
 * runs left half written.
 *
 * @returns The path of the new checkpoint.
 * @throws {Error} if the file cannot be written; the checkpoints that were there still are
 *
 * @example
 * ```ts
 * import { loadCheckpoint, saveCheckpoint } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const biases = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const checkpoint = { step: 100, tensors: { biases }, metadata: { note: "tried in May" } };
 * const path = await saveCheckpoint(directory, checkpoint, { keep: 3 });
 * assertEquals(path.endsWith("model.ckpt-100.safetensors"), true);
 * assertEquals(await loadCheckpoint(path), checkpoint);
 * ```
 */
export async function saveCheckpoint(
  directory: string,
  checkpoint: Checkpoint,
  { keep = 5 }: SaveCheckpointOptions = {},
): Promise<string> {
  const { step, tensors, metadata } = checkpoint;
  if (!(keep >= 1)) throw new RangeError(`Cannot keep ${keep} checkpoints: needs at least 1`);
  if (!isStep(step)) throw new RangeError(`Cannot save a checkpoint: needs a step, got ${step}`);
  await Deno.mkdir(directory, { recursive: true });
  const path = join(directory, `model.ckpt-${step}.safetensors`);
  await writeSafetensors(path, { tensors, metadata: { ...metadata, step: String(step) } });

  // The new one stays even where later steps lie beside it, left by a run that went further.
  const others = (await listCheckpoints(directory)).filter((file) => file.step !== step);
  const surplus = others.slice(0, Math.max(0, others.length - (keep - 1)));
  for (const { path } of surplus) await removeIfThere(path);
  await removeStaleTemporaries(directory);
  return path;
}

/**
 * The checkpoints in a directory by step, the newest last; none if there is no such directory.
 *
 * @example
 * ```ts
 * import { listCheckpoints, newestCheckpoint, saveCheckpoint } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * for (const step of [9, 10, 100]) {
 *   await saveCheckpoint(directory, { step, tensors: {}, metadata: {} }, { keep: 2 });
 * }
 * assertEquals((await listCheckpoints(directory)).map(({ step }) => step), [10, 100]);
 * assertEquals((await newestCheckpoint(directory))?.step, 100);
 * ```
 */
export async function listCheckpoints(directory: string): Promise<CheckpointFile[]> {
  const files: CheckpointFile[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const step = Number(name.match(fileName)?.[1]);
      if (isStep(step)) files.push({ path: join(directory, name), step });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((a, b) => a.step - b.step);
}

/** The checkpoint with the greatest step, or `undefined` if there is none. */
export async function newestCheckpoint(directory: string): Promise<CheckpointFile | undefined> {
  return (await listCheckpoints(directory)).at(-1);
}

/**
 * Reads a checkpoint.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {CheckpointError} if it is some other safetensors file
 * @throws {Deno.errors.NotFound} if there is no such file
 *
 * @example
 * ```ts
 * import { CheckpointError, loadCheckpoint, saveCheckpoint, writeSafetensors } from "@tower/nn";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const path = await saveCheckpoint(directory, { step: 7, tensors: {}, metadata: {} });
 * assertEquals((await loadCheckpoint(path)).step, 7);
 *
 * const other = `${directory}/other.safetensors`;
 * await writeSafetensors(other, { tensors: {} });
 * await assertRejects(() => loadCheckpoint(other), CheckpointError);
 * ```
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata: { step: text, ...metadata } } = await readSafetensors(path);
  const step = /^\d+$/.test(text ?? "") ? Number(text) : NaN;
  if (!isStep(step)) {
    throw new CheckpointError(
      `Cannot use ${path} as a checkpoint: needs a step in its metadata, got ${text ?? "none"}`,
    );
  }
  return { step, tensors, metadata };
}

/**
 * Reads the newest checkpoint of a directory in which a trainer may be writing: if that one goes
 * away between the look and the opening, because newer ones have come, looks again.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {CheckpointError} if it is some other safetensors file
 *
 * @example
 * ```ts
 * import { loadNewestCheckpoint, saveCheckpoint } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * assertEquals(await loadNewestCheckpoint(directory), undefined);
 * await saveCheckpoint(directory, { step: 5, tensors: {}, metadata: {} });
 * assertEquals((await loadNewestCheckpoint(directory))?.step, 5);
 * ```
 */
export async function loadNewestCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  for (;;) {
    const newest = await newestCheckpoint(directory);
    if (newest === undefined) return undefined;
    try {
      return await loadCheckpoint(newest.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * What a checkpoint's metadata hold as JSON under a name; nothing if there is no such name.
 *
 * @param source what messages call the checkpoint, such as its path
 * @throws {CheckpointError} if it is not JSON
 */
export function metadataOf<T>(
  { metadata }: Pick<Checkpoint, "metadata">,
  { name, source }: { name: string; source: string },
): T | undefined {
  const text = metadata[name];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new CheckpointError(
      `Cannot use ${source}: needs JSON as the ${name} in its metadata, got "${got}"; it is damaged, use ` +
        "an earlier checkpoint",
      { cause },
    );
  }
}

function isStep(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
