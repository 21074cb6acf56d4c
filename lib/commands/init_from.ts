/**
 * Parameters that a new run begins with.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { UsageError } from "../cli/flags.ts";
import { count } from "../cli/format.ts";
import { matching } from "../cli/patterns.ts";
import { arenaOf } from "../export/arena.ts";
import { readSafetensors } from "../export/safetensors_files.ts";
import type { HostTensor } from "../export/tensor_types.ts";
import { ifThere } from "../files.ts";
import type { ParameterTable } from "../parameters.ts";
import { Rng } from "../rng.ts";
import { loadNewestCheckpoint } from "../train/checkpoint.ts";
import { averageSuffix } from "../train/snapshot.ts";

/** What to begin with, and what not. */
export interface InitFromOptions {
  /** A safetensors file, or the directory of a run. */
  readonly path: string;
  /** Names of parameters that start anew, with commas between; `*` stands for any letters. */
  readonly except?: string;
  /** The parameters that the model has. */
  readonly table: ParameterTable;
  /** The seed of the run, from which those that start anew are drawn as ever. */
  readonly seed: number;
  /** Where to say which parameters were taken. */
  readonly io: Io;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/**
 * Parameters of another run, or their averages where it has them, and those that start anew.
 *
 * @throws {UsageError} if there is nothing to begin with, or no parameter of an excepted name
 * @throws {RangeError} if a parameter does not fit
 */
export async function readInitial(options: InitFromOptions): Promise<Float32Array> {
  const { path, except, table, seed, io } = options;
  const names = table.entries.map(({ name }) => name);
  const patterns = except?.split(",") ?? [];
  const cannot = "Cannot start anew with";
  const anew = new Set(
    patterns.flatMap((pattern) => matching(pattern, { names, cannot, noun: "parameter" })),
  );
  const found = await readTensors(path);
  const averaged = names.some((name) => name + averageSuffix in found.tensors);
  const taken = names.filter((name) => !anew.has(name));
  const fresh = table.initialize(Rng.from(seed).split("parameters"));
  const tensors: Record<string, HostTensor> = {};
  for (const { name, shape } of table.entries) {
    const tensor: HostTensor | undefined = anew.has(name)
      ? { dtype: "F32", shape: [...shape], data: table.view(fresh, name) }
      : found.tensors[averaged ? name + averageSuffix : name];
    if (tensor) tensors[name] = tensor;
  }
  const parameters = fitted(tensors, { table, source: found.source });
  const what = `${averaged ? "the averages of " : ""}${count(taken.length, "parameter")}`;
  io.error(
    `Beginning with ${what} of ${found.source}` +
      (anew.size === 0
        ? "."
        : `; ${[...anew].join(", ")} ${anew.size > 1 ? "start" : "starts"} anew.`),
  );
  return parameters;
}

/** The tensors of a file, or of a run's newest checkpoint, and what messages call them. */
async function readTensors(path: string): Promise<{ tensors: Tensors; source: string }> {
  const there = await ifThere(Deno.stat(path));
  if (!there) {
    throw new UsageError(
      `Cannot begin with ${path}: --init-from needs a file, got none; it may be the directory of a run too`,
    );
  }
  if (!there.isDirectory) return { tensors: (await readSafetensors(path)).tensors, source: path };
  const checkpoint = await loadNewestCheckpoint(path);
  if (checkpoint) {
    return { tensors: checkpoint.tensors, source: `${path} at step ${checkpoint.step}` };
  }
  throw new UsageError(
    `Cannot begin with ${path}: --init-from needs a file, or the directory of a run, got a directory ` +
      "without a checkpoint",
  );
}

/** @throws {RangeError} if a parameter does not fit, saying how to do without it */
function fitted(
  tensors: Tensors,
  { table, source }: { table: ParameterTable; source: string },
): Float32Array {
  try {
    return arenaOf(tensors, { table, source });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const unfit = table.entries.filter(({ name, shape }) =>
      tensors[name]?.shape.join() !== shape.join()
    );
    if (unfit.length === 0 || unfit.length === table.entries.length) throw error;
    const layers = new Set(unfit.map(({ name }) => `${name.slice(0, name.lastIndexOf("/"))}/*`));
    throw new RangeError(
      `${error.message}; --init-except='${[...layers].join(",")}' starts anew what does not fit`,
      { cause: error },
    );
  }
}
