/**
 * Finding runs in directories, and those that come later.
 *
 * @module
 */
import { join, resolve, SEPARATOR } from "@std/path";
import { reasonOf } from "../system_error.ts";
import type { FoundRuns, ShownRun } from "./message.ts";

/** How far below a directory runs are looked for: `runs/SWEEP/RUN`, and one more. */
const levels = 3;

/** Looks for runs again and again. */
export class RunFinder {
  readonly #directories: readonly string[];
  /** The path of each run, by the place where it really is. */
  readonly #found = new Map<string, string>();

  /** Has looked nowhere yet. */
  constructor(directories: readonly string[]) {
    this.#directories = directories;
  }

  /** Looks once: a run is a directory with event files of its own, or of its evaluation. */
  async look(): Promise<FoundRuns> {
    const waiting: string[] = [], problems: string[] = [], seen = new Set<string>();
    for (const directory of this.#directories) {
      const before = seen.size;
      for await (const path of this.#runsIn(directory, { levels, seen, problems })) {
        const place = await Deno.realPath(path).catch(() => path);
        if (!this.#found.has(place)) this.#found.set(place, path);
      }
      const holds = [...this.#found.values()].some((path) => isWithin(path, directory));
      if (!holds && seen.size > before) waiting.push(directory);
    }
    return { runs: withNames([...this.#found.values()]), waiting, problems };
  }

  /** The runs of a directory: itself, or those below it. What cannot be read becomes a problem. */
  async *#runsIn(
    directory: string,
    { levels, seen, problems }: { levels: number; seen: Set<string>; problems: string[] },
  ): AsyncGenerator<string> {
    let entries: Deno.DirEntry[];
    try {
      const place = await Deno.realPath(directory);
      // A link may lead back up.
      if (seen.has(place)) return;
      seen.add(place);
      entries = await Array.fromAsync(Deno.readDir(directory));
      if (entries.some(isEventFile) || await holdsEvaluation(directory, entries)) {
        return yield directory;
      }
    } catch (error) {
      problems.push(`${directory} cannot be read: ${reasonOf(error)}`);
      return;
    }
    if (levels === 0) return;
    for (const entry of entries.toSorted(byName)) {
      const path = join(directory, entry.name);
      const leads = entry.isSymlink && await isDirectory(path);
      if (leads || entry.isDirectory && !entry.name.startsWith(".")) {
        yield* this.#runsIn(path, { levels: levels - 1, seen, problems });
      }
    }
  }
}

function byName(a: Deno.DirEntry, b: Deno.DirEntry): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

function isEventFile({ name, isDirectory }: Deno.DirEntry): boolean {
  return !isDirectory && name.includes(".tfevents.");
}

async function holdsEvaluation(
  directory: string,
  entries: readonly Deno.DirEntry[],
): Promise<boolean> {
  if (!entries.some(({ name, isDirectory }) => name === "eval" && isDirectory)) return false;
  return (await Array.fromAsync(Deno.readDir(join(directory, "eval")))).some(isEventFile);
}

/** Whether a link leads to a directory; one that leads nowhere does not. */
async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

function isWithin(path: string, directory: string): boolean {
  const [inner, outer] = [path, directory].map(partsOf);
  return outer.every((part, i) => inner[i] === part);
}

function partsOf(path: string): string[] {
  return resolve(path).split(SEPARATOR);
}

/** Names that tell the runs apart: the last part of the path, or as many as that takes. */
export function withNames(directories: readonly string[]): ShownRun[] {
  const paths = directories.map(partsOf);
  return directories.map((directory, i) => {
    const last = (path: readonly string[], count: number) => path.slice(-count).join("/");
    let count = 1;
    const shared = (path: readonly string[]) => last(path, count) === last(paths[i], count);
    while (count < paths[i].length && paths.filter(shared).length > 1) count++;
    return { directory, name: last(paths[i], count) };
  });
}
