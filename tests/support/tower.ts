/** The command line as a user starts it. */
import { fromFileUrl } from "@std/path";

const cli = fromFileUrl(new URL("../../cli.ts", import.meta.url));

/** What a command printed, and its exit code. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a started command may do besides reading and writing files. */
export interface TowerOptions {
  readonly env?: Record<string, string>;
  readonly permissions?: string[];
}

/** Starts a command; its output is piped. */
export function startTower(args: string[], options: TowerOptions = {}): Deno.ChildProcess {
  const { env = {}, permissions = ["--allow-env", "--allow-read", "--allow-write"] } = options;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, cli, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a command to its end. */
export async function tower(args: string[], options: TowerOptions = {}): Promise<Finished> {
  const { code, stdout, stderr } = await startTower(args, options).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
