/**
 * The directory of a run: its configuration and its checkpoints.
 *
 * @module
 */
import { join } from "@std/path";
import { writeFileAtomically } from "../files.ts";
import { listCheckpoints } from "./checkpoint.ts";
import type { Recipe } from "./recipe.ts";

/** What a run is, as `config.json` and every checkpoint keep it. */
export interface RunConfig {
  /** The data set's name. */
  readonly dataset: string;
  /** Names of its classes. */
  readonly classes?: readonly string[];
  /** Sizes of its pictures as stored. */
  readonly picture?: { readonly height: number; readonly width: number; readonly channels: number };
  /** The model's name, or the URL of the module that makes it. */
  readonly model: string;
  /** The constants. */
  readonly recipe: Recipe;
  /** Replicas of the model, those of all processes, each with a batch of its own. */
  readonly towers: number;
  /** Where the parameters live: with several towers in host memory. */
  readonly parameters: "adapter" | "host";
}

/** A run directory that cannot be used as asked. */
export class RunDirectoryError extends Error {
  /** The name of the class. */
  override readonly name: string = "RunDirectoryError";
}

/** Holds a run directory for one trainer at a time. */
export class RunDirectory implements Disposable {
  /** Its path. */
  readonly path: string;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Makes the directory where it is not there, and holds it until disposed.
   *
   * @throws {RunDirectoryError} if another trainer holds it, or if it holds a run and `resume` is
   * not set, or none and it is
   */
  static async claim(path: string, { resume }: { resume: boolean }): Promise<RunDirectory> {
    const runs = await holdsRun(path);
    if (runs && !resume) {
      throw new RunDirectoryError(
        `Cannot train into ${path}: it holds a run already; ` +
          "go on with it by --resume, or give another --train-dir",
      );
    }
    if (!runs && resume) {
      throw new RunDirectoryError(
        `Cannot resume from ${path}: it holds no checkpoint; train without --resume, or give the ` +
          "--train-dir of a run",
      );
    }
    await Deno.mkdir(path, { recursive: true });
    const lock = await Deno.open(join(path, ".lock"), { create: true, write: true });
    // A file system without locks loses only this protection.
    if (await lock.tryLock(true).catch(() => true)) return new RunDirectory(path, lock);
    lock.close();
    throw new RunDirectoryError(
      `Cannot train into ${path}: another trainer is at work there; wait for it, or give another ` +
        "--train-dir",
    );
  }

  /** Writes the configuration, for people and for other programs. */
  async writeConfig(config: RunConfig & Readonly<Record<string, unknown>>): Promise<void> {
    const text = JSON.stringify(config, null, 2) + "\n";
    await writeFileAtomically(join(this.path, "config.json"), [new TextEncoder().encode(text)]);
  }

  /** Lets the next trainer in. */
  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

async function holdsRun(path: string): Promise<boolean> {
  try {
    return (await listCheckpoints(path)).length > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
