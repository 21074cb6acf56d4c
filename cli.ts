/**
 * The command line of Tower: `deno run cli.ts --help`.
 *
 * @module
 */

import config from "./deno.json" with { type: "json" };
import { abilitiesIn } from "./lib/cli/abilities.ts";
import type { Io } from "./lib/cli/command.ts";
import { interruptionSignal } from "./lib/cli/interruption.ts";
import { type CommandTable, main } from "./lib/cli/main.ts";
import { printableLines } from "./lib/cli/printable.ts";
import { Terminal } from "./lib/cli/terminal.ts";

const commands: CommandTable = {
  train: () => import("./lib/commands/train.ts"),
  eval: () => import("./lib/commands/eval.ts"),
  predict: () => import("./lib/commands/predict.ts"),
  export: () => import("./lib/commands/export.ts"),
  devices: () => import("./lib/commands/devices.ts"),
  dashboard: () => import("./lib/commands/dashboard.ts"),
  summary: () => import("./lib/commands/summary.ts"),
  data: () => import("./lib/commands/data.ts"),
  show: () => import("./lib/commands/show.ts"),
  quickstart: () => import("./lib/commands/quickstart.ts"),
  setup: () => import("./lib/commands/setup.ts"),
};

/** Lines go to standard output, progress to standard error, where a pipe does not carry it away. */
function openIo(): Io {
  const [locale] = ["LC_ALL", "LC_CTYPE", "LANG"].map(readEnvironment).filter(Boolean);
  const [outputIsTerminal, errorIsTerminal] = [Deno.stdout, Deno.stderr]
    .map((stream) => stream.isTerminal());
  const can = abilitiesIn({
    term: readEnvironment("TERM"),
    locale,
    noColor: Deno.noColor,
    outputIsTerminal,
    errorIsTerminal,
  });
  // A terminal that does not know its own size says 0.
  const columns = () => (outputIsTerminal || errorIsTerminal) && Deno.consoleSize().columns || 80;
  const encoder = new TextEncoder();
  const terminal = new Terminal({
    isTerminal: can.moving,
    color: can.movingColor,
    ascii: can.ascii,
    columns,
    writeLine: console.log,
    write: (text) => Deno.stderr.writeSync(encoder.encode(text)),
  });
  return {
    log: (line) => terminal.log(line),
    error: (line) => terminal.log(printableLines(line), console.error),
    progress: (state) => terminal.progress(state),
    get columns() {
      return columns();
    },
    toTerminal: can.toTerminal,
    color: can.color,
    ascii: can.ascii,
    signal: interruptionSignal(),
  };
}

/** A variable of the environment; without the permission to look, as if it were not set. */
function readEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

if (import.meta.main) {
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
