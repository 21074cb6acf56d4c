/**
 * From a command line to an exit code.
 *
 * @module
 */

import type { Command, Io } from "./command.ts";
import { UsageError } from "./flags.ts";
import { commandHelp, programHelp } from "./help.ts";
import { Interruption } from "./interruption.ts";
import { nearest } from "./nearest.ts";
import { parseCommandLine } from "./positionals.ts";
import { messageOf } from "../system_error.ts";

/** The commands by name, each loaded when it is asked for. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

/** What {@linkcode main} works with. */
export interface MainOptions {
  /** The commands that there are. */
  readonly commands: CommandTable;
  /** Where it speaks. */
  readonly io: Io;
  /** What `--version` prints. */
  readonly version: string;
  /** Whether to show where in the program an error came from. */
  readonly debug?: boolean;
}

/**
 * Runs a command line.
 *
 * @returns 0; 1 for an error, 2 for misuse, 129, 130 and 143 after SIGHUP, SIGINT and SIGTERM
 */
export async function main(args: readonly string[], options: MainOptions): Promise<number> {
  const { io } = options;
  try {
    await dispatch(args, options);
    return io.signal.aborted ? interruptedCode(io.signal) : 0;
  } catch (error) {
    if (io.signal.aborted && error === io.signal.reason) {
      io.progress(undefined);
      io.error("Stopped before it was done.");
      return interruptedCode(io.signal);
    }
    io.error(describe(error, options.debug ?? false));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(args: readonly string[], options: MainOptions): Promise<void> {
  const { commands, io, version } = options;
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || isHelp(name)) {
    const [topic] = rest;
    if (topic !== undefined) return io.log(commandHelp(await load(topic, commands), io));
    const all = await Promise.all(Object.keys(commands).map((name) => load(name, commands)));
    return io.log(programHelp(all, io));
  }
  if (name === "--version" || name === "-V") return io.log(version);
  const command = await load(name, commands);
  if (rest.some(isHelp)) return io.log(commandHelp(command, io));
  await command.run(parseCommandLine(command, rest), io);
}

async function load(name: string, commands: CommandTable): Promise<Command> {
  if (Object.hasOwn(commands, name)) return (await commands[name]()).command;
  const names = Object.keys(commands);
  const near = nearest(name, names);
  const hint = near ? `did you mean ${near}?` : `there are ${names.join(", ")}`;
  throw new UsageError(`Cannot run "${name}": there is no such command; ${hint}`);
}

function isHelp(arg: string): boolean {
  return arg === "--help" || arg === "-h";
}

function interruptedCode({ reason }: AbortSignal): number {
  return reason instanceof Interruption ? reason.exitCode : 1;
}

function describe(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error);
  return debug ? error.stack ?? error.message : messageOf(error);
}
