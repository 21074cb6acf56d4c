/**
 * The command line of Tower: `deno run cli.ts --help`.
 *
 * @module
 */

import config from "./deno.json" with { type: "json" };
import { Interruption, type Io } from "./lib/cli/command.ts";
import { type CommandTable, main } from "./lib/cli/main.ts";
import { Terminal } from "./lib/cli/terminal.ts";

const commands: CommandTable = {
  train: () => import("./lib/commands/train.ts"),
  eval: () => import("./lib/commands/eval.ts"),
  devices: () => import("./lib/commands/devices.ts"),
  quickstart: () => import("./lib/commands/quickstart.ts"),
  setup: () => import("./lib/commands/setup.ts"),
};

/** The first signal asks the command to end, the second one ends the process. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  const signals = Deno.build.os === "windows"
    ? ["SIGINT"] as const
    : ["SIGINT", "SIGTERM"] as const;
  for (const by of signals) {
    Deno.addSignalListener(by, () => {
      const interruption = new Interruption(by);
      if (controller.signal.aborted) Deno.exit(interruption.exitCode);
      controller.abort(interruption);
    });
  }
  return controller.signal;
}

/** Lines go to standard output, progress to standard error, where a pipe does not carry it away. */
function openIo(): Io {
  const isTerminal = Deno.stderr.isTerminal();
  const columns = () => isTerminal ? Deno.consoleSize().columns : 80;
  const encoder = new TextEncoder();
  const terminal = new Terminal({
    isTerminal,
    color: !Deno.noColor,
    columns,
    writeLine: console.log,
    write: (text) => Deno.stderr.writeSync(encoder.encode(text)),
  });
  return {
    log: (line) => terminal.log(line),
    error: (line) => terminal.log(line, console.error),
    progress: (state) => terminal.progress(state),
    get columns() {
      return columns();
    },
    signal: interruptible(),
  };
}

/** A variable of the environment; without the permission to look, as if it were not set. */
function readEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** Without a desktop, Mesa complains of the missing variable each time it is asked for an adapter. */
function quietMesa(): void {
  const variable = "XDG_RUNTIME_DIR";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state === "granted" && !Deno.env.get(variable)) Deno.env.set(variable, "/tmp");
}

if (import.meta.main) {
  quietMesa();
  const version = `tower ${config.version} (deno ${Deno.version.deno})`;
  const io = openIo();
  const code = await main(Deno.args, {
    commands,
    io,
    version,
    debug: readEnvironment("TOWER_DEBUG") === "1",
  });
  io.progress(undefined);
  Deno.exit(code);
}
