/**
 * The runs of a directory.
 *
 * @module
 */
import { join } from "@std/path";

/**
 * The directories with event files: the one that is named if it, or its folder `eval`, holds any, else those
 * below it that do, in the order of their names; the one that is named if there are none.
 *
 * @throws {Error} if it is no directory
 */
export async function findRuns(directory: string): Promise<string[]> {
  if (await holdsEvents(directory)) return [directory];
  const below = (await Array.fromAsync(Deno.readDir(directory)))
    .filter(({ name, isDirectory }) => isDirectory && name !== "eval")
    .map(({ name }) => join(directory, name)).sort();
  const found = await Promise.all(below.map(async (path) => await holdsEvents(path) ? [path] : []));
  return found.flat().length > 0 ? found.flat() : [directory];
}

/** Whether a directory, or its folder `eval`, holds event files. */
async function holdsEvents(directory: string): Promise<boolean> {
  const entries = await Array.fromAsync(Deno.readDir(directory));
  if (entries.some(({ name }) => name.includes(".tfevents."))) return true;
  const evaluated = entries.some(({ name, isDirectory }) => isDirectory && name === "eval");
  return evaluated && await holdsEvents(join(directory, "eval"));
}
