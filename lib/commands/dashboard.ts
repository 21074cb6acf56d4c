/**
 * `dashboard`: shows runs on a page of this machine.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { integer } from "../cli/flag_types.ts";
import { UsageError } from "../cli/flags.ts";
import { words } from "../cli/positionals.ts";
import { RunFinder } from "../dashboard/find_runs.ts";
import { dashboardPort } from "../dashboard/in_thread.ts";
import { openDashboard } from "../dashboard/open_dashboard.ts";
import { reasonOf } from "../system_error.ts";
import { showAgain } from "./show_again.ts";

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
    help: "Directory of a run, finished or under way, or one that holds several or will",
  }),
};

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "dashboard",
  summary: "Show runs on a page of this machine, one over the other, while they go on",
  positionals,
  flags,
  async run({ runs: directories, port }, io) {
    for (const directory of directories) await requireReadable(directory);
    const finder = new RunFinder(directories);
    const { runs } = await finder.look();
    const again = showAgain(directories);
    await using dashboard = openDashboard({ find: () => finder.look(), again: () => again }, port);
    io.error(
      runs.length === 0
        ? "There is no run yet; what comes is shown at:"
        : `${runs.length === 1 ? "1 run is" : `${runs.length} runs are`} shown at:`,
    );
    io.log(dashboard.url);
    // An event that was while it looked for runs does not come again.
    if (io.signal.aborted) return;
    await new Promise((resolve) => io.signal.addEventListener("abort", resolve, { once: true }));
  },
};

/** @throws {UsageError} if there is no such directory */
async function requireReadable(directory: string): Promise<void> {
  try {
    await Deno.readDir(directory)[Symbol.asyncIterator]().next();
  } catch (error) {
    throw new UsageError(
      `Cannot show ${directory}: needs the directory of a run; ${reasonOf(error)}`,
    );
  }
}
