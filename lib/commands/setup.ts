/**
 * `setup`: makes sure that there is a WebGPU adapter.
 *
 * @module
 */

import type { Command, Io } from "../cli/command.ts";
import { hasAdapter } from "../gpu/adapter.ts";
import { type MachineFacts, planSetup } from "./setup_plan.ts";

/** The command. */
export const command: Command<Record<never, never>> = {
  name: "setup",
  summary: "Make sure that there is a WebGPU adapter; install a driver if there is none",
  flags: {},
  async run(_flags, io) {
    if (await hasAdapter()) return;
    const plan = planSetup(await readFacts());
    if (plan.kind === "tell") throw new Error(plan.message);
    io.error(plan.announcement);
    let failure = "";
    // Only the last command counts: lists that could not all be updated may still be good enough.
    for (const command of plan.commands) failure = await failureOf(command, io);
    if (failure) throw new Error(`${plan.message} (${failure})`);
    if (!await findAdapterAfresh()) throw new Error(plan.message);
    io.error("Installed: there is a WebGPU adapter now.");
  },
};

/** Looks in a worker, which opens the drivers anew: the process keeps to what it found first. */
function findAdapterAfresh(): Promise<boolean> {
  const worker = new Worker(import.meta.resolve("./setup_probe.ts"), { type: "module" });
  return new Promise<boolean>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot look for a WebGPU adapter: ${event.message}`));
    };
  }).finally(() => worker.terminate());
}

async function readFacts(): Promise<MachineFacts> {
  return {
    os: Deno.build.os,
    osRelease: Deno.build.os === "linux"
      ? await Deno.readTextFile("/etc/os-release").catch(() => "")
      : "",
    isRoot: Deno.build.os === "linux" && Deno.uid() === 0,
    hasAptGet: await succeeds(["apt-get", "--version"]),
    hasSudo: await succeeds(["sudo", "-n", "true"]),
  };
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  try {
    return (await execute(command)).success;
  } catch {
    return false; // There is no such program, or no permission to run it.
  }
}

function execute([name, ...args]: readonly string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(name, { args, stdin: "null", stdout: "piped", stderr: "piped" }).output();
}

/** Runs a command; empty if it succeeds, its own words if not. */
async function failureOf(command: readonly string[], io: Io): Promise<string> {
  io.signal.throwIfAborted();
  io.error(`> ${command.join(" ")}`);
  const { success, stderr } = await execute(command);
  if (success) return "";
  const [reason = "no reason given"] = new TextDecoder().decode(stderr).match(/^E: .*$/m) ?? [];
  return `${command.join(" ")} failed: ${reason}`;
}
