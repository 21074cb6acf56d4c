/**
 * The directory of a run: its configuration and its checkpoints.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import { ifThere, writeFileAtomically } from "../files.ts";
import { listCheckpoints } from "./checkpoint.ts";
import type { Recipe } from "./recipe.ts";

/** What a run is, as `config.json` and every checkpoint keep it. */
export interface RunConfig {
  /** The data set's name, or the URL of the module that makes it. */
  readonly dataset: string;
  /** Rows and columns that its pictures were asked to be resized to, if they were. */
  readonly imageSize?: number;
  /** Names of its classes. */
  readonly classes?: readonly string[];
  /** Sizes of its pictures as stored. */
  readonly picture?: { readonly height: number; readonly width: number; readonly channels: number };
  /** How many of them it learns from, and the {@linkcode Dataset.fingerprint} of them all. */
  readonly pictures?: { readonly train: number; readonly fingerprint?: string };
  /** The model's name, or the URL of the module that makes it. */
  readonly model: string;
  /** What its layers are, as `lib/commands/same_model.ts` writes it down. */
  readonly layers?: readonly string[];
  /** The constants. */
  readonly recipe: Recipe;
  /** Replicas of the model, those of all processes, each with a batch of its own. */
  readonly towers: number;
  /** Where the parameters live: with several towers in host memory. */
  readonly parameters: "adapter" | "host";
}

/** What `config.json` has on top of that, for people and for the next start; nothing of it is sure. */
export interface RunNotes {
  /** Where the data lay. */
  readonly dataDir?: string;
}

/** The notes in a run's `config.json`; none if it cannot be read. */
export async function readNotes(path: string): Promise<RunNotes> {
  try {
    const { dataDir } = JSON.parse(await Deno.readTextFile(join(path, "config.json")));
    return typeof dataDir === "string" ? { dataDir } : {};
  } catch {
    return {};
  }
}

/**
 * A run directory that cannot be used as asked.
 *
 * @example
 * ```ts
 * import { RunDirectory, RunDirectoryError, saveCheckpoint } from "@tower/nn";
 * import { assertRejects } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/run`;
 * {
 *   using run = await RunDirectory.claim(path, { resume: false });
 *   await saveCheckpoint(run.path, { step: 1, tensors: {}, metadata: {} });
 * }
 * // A run is never overwritten.
 * await assertRejects(() => RunDirectory.claim(path, { resume: false }), RunDirectoryError);
 * using again = await RunDirectory.claim(path, { resume: true });
 * ```
 */
export class RunDirectoryError extends Error {
  /** The name of the class. */
  override readonly name: string = "RunDirectoryError";
}

const lockName = ".lock";

/** How a claim found the disk. */
interface Before {
  /** What was in the directory. */
  readonly names: readonly string[];
  /** The outermost directory that was not there. */
  readonly missing?: string;
}

/** Holds a run directory for one trainer at a time. */
export class RunDirectory implements Disposable {
  /** Its path. */
  readonly path: string;
  readonly #lock: Deno.FsFile;
  readonly #before: Before;

  private constructor(path: string, { lock, before }: { lock: Deno.FsFile; before: Before }) {
    this.path = path;
    this.#lock = lock;
    this.#before = before;
  }

  /**
   * Makes the directory where it is not there, and holds it until disposed.
   *
   * @throws {RunDirectoryError} if another trainer holds it, or if it holds a run and `resume` is
   * not set, or none and it is
   */
  static async claim(path: string, { resume }: { resume: boolean }): Promise<RunDirectory> {
    await requireRun(path, resume); // before anything is made
    const missing = await outermostMissing(path);
    await Deno.mkdir(path, { recursive: true });
    const before = { names: namesIn(path), missing };
    const lock = await Deno.open(join(path, lockName), { create: true, write: true });
    // A file system without locks loses only this protection.
    const alone = await lock.tryLock(true).catch(() => true);
    if (!alone) {
      lock.close();
      throw new RunDirectoryError(
        `Cannot train into ${path}: another trainer is at work there; wait for it, or give another ` +
          "--train-dir",
      );
    }
    using stack = new DisposableStack();
    const directory = stack.use(new RunDirectory(path, { lock, before }));
    await requireRun(path, resume); // again: another trainer may have been there until now
    stack.move();
    return directory;
  }

  /** Writes the configuration, and what else is in it, for people and for other programs. */
  async writeConfig<Config extends RunConfig>(config: Config): Promise<void> {
    const text = JSON.stringify(config, null, 2) + "\n";
    await writeFileAtomically(join(this.path, "config.json"), [new TextEncoder().encode(text)]);
  }

  /** Whether it is still there once it is let go: where it was there before, or a run has begun. */
  get stays(): boolean {
    try {
      return this.#before.missing === undefined || this.#changed;
    } catch {
      return false; // Somebody has taken it away.
    }
  }

  /** Lets the next trainer in. What was made for a run that never began goes away again. */
  [Symbol.dispose](): void {
    try {
      this.#unmake();
    } catch {
      // It is gone already, or somebody has put something into it.
    }
    this.#lock.close();
  }

  get #changed(): boolean {
    const others = (names: readonly string[]) =>
      names.filter((name) => name !== lockName).join("/");
    return others(namesIn(this.path)) !== others(this.#before.names);
  }

  #unmake(): void {
    const { names, missing } = this.#before;
    if (this.#changed) return;
    if (!names.includes(lockName)) Deno.removeSync(join(this.path, lockName));
    if (missing === undefined) return;
    for (let path = resolve(this.path); path.length >= missing.length; path = dirname(path)) {
      Deno.removeSync(path); // which fails unless it is empty
    }
  }
}

/** @throws {RunDirectoryError} if a directory holds a run and none is to be resumed, or the other way */
async function requireRun(path: string, resume: boolean): Promise<void> {
  const runs = (await listCheckpoints(path)).length > 0;
  if (runs === resume) return;
  throw new RunDirectoryError(
    runs
      ? `Cannot train into ${path}: it holds a run already; ` +
        "go on with it by --resume, or give another --train-dir"
      : `Cannot resume from ${path}: it holds no checkpoint; train without --resume, or give the ` +
        "--train-dir of a run",
  );
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** The first directory on the way to a path that is not there. */
async function outermostMissing(path: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let at = resolve(path); await ifThere(Deno.stat(at)) === undefined; at = dirname(at)) {
    missing = at;
  }
  return missing;
}
