/**
 * `dashboard`: shows runs on a page of this machine.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import type { Command } from "../cli/command.ts";
import { integer } from "../cli/flag_types.ts";
import { UsageError } from "../cli/flags.ts";
import { words } from "../cli/positionals.ts";
import { reasonOf } from "../system_error.ts";
import { dashboardPort } from "../dashboard/in_thread.ts";
import { openDashboard } from "../dashboard/open_dashboard.ts";
import type { ShownRun } from "../dashboard/server.ts";

const flags = {
  "port": integer({
    help: `Port on 127.0.0.1 (default ${dashboardPort}, or one that is free)`,
    min: 0,
    max: 65_535,
  }),
};

const positionals = {
  runs: words({
    placeholder: "RUN",
    help: "Directory of a run, finished or under way, or one that holds several",
  }),
};

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "dashboard",
  summary: "Show runs on a page of this machine, one over the other, while they go on",
  positionals,
  flags,
  async run({ runs: directories, port }, io) {
    const runs = (await Promise.all(directories.map(findRuns))).flat();
    await using dashboard = openDashboard(withNames(runs), port);
    io.error(`${runs.length === 1 ? "1 run is" : `${runs.length} runs are`} shown at:`);
    io.log(dashboard.url);
    await new Promise((resolve) => io.signal.addEventListener("abort", resolve, { once: true }));
  },
};

/**
 * The runs of a directory: those below it that hold summaries, where it holds none itself.
 *
 * @throws {UsageError} if there is no such directory
 */
async function findRuns(directory: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory)).catch((error) => {
    throw new UsageError(
      `Cannot show ${directory}: needs the directory of a run; ${reasonOf(error)}`,
    );
  });
  if (entries.some(({ name }) => name.includes(".tfevents."))) return [directory];
  const below = entries.filter(({ isDirectory, name }) => isDirectory && name !== "eval")
    .map(({ name }) => join(directory, name)).sort();
  const found = await Promise.all(below.map(async (path) => {
    for await (const { name } of Deno.readDir(path)) {
      if (name.includes(".tfevents.")) return [path];
    }
    return [];
  }));
  // One that holds nothing yet may be about to begin.
  return found.flat().length > 0 ? found.flat() : [directory];
}

/** Names that tell the runs apart: the last part of the path, or as many as that takes. */
function withNames(directories: readonly string[]): ShownRun[] {
  const last = directories.map((path) => basename(path));
  return directories.map((directory, i) => {
    const unique = last.filter((name) => name === last[i]).length === 1;
    return { directory, name: unique ? last[i] : join(basename(dirname(directory)), last[i]) };
  });
}
