// A program whose only command works until it is asked to stop, and then saves for a while.

import type { Command } from "../../lib/cli/command.ts";
import { interruptionSignal } from "../../lib/cli/interruption.ts";
import { main } from "../../lib/cli/main.ts";

const work: Command<Record<never, never>> = {
  name: "work",
  summary: "Work until interrupted",
  flags: {},
  async run(_flags, io) {
    const alive = setInterval(() => {}, 1000);
    io.log("working");
    await new Promise((resolve) => io.signal.addEventListener("abort", resolve));
    clearInterval(alive);
    io.log("saving");
    await new Promise((resolve) => setTimeout(resolve, Number(Deno.args[0])));
    io.log("saved");
  },
};

const code = await main(["work"], {
  commands: { work: () => Promise.resolve({ command: work }) },
  version: "1",
  io: {
    log: console.log,
    error: console.error,
    progress() {},
    columns: 80,
    signal: interruptionSignal(),
  },
});
Deno.exit(code);
