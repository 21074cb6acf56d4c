/**
 * The MPI launchers of this machine.
 *
 * @module
 */
import { fromFileUrl } from "@std/path";

/** A launcher, and how it starts as many ranks as asked for, more than there are cores too. */
export interface InstalledLauncher {
  readonly program: string;
  readonly options: readonly string[];
  readonly env: Record<string, string>;
}

const kinds = {
  "Open MPI": { sign: /Open MPI|OpenRTE/, options: ["--oversubscribe"] },
  "MPICH": { sign: /HYDRA/, options: [] },
};

/** An implementation of MPI that the tests know. */
export type Implementation = keyof typeof kinds;

/** The first program that starts this implementation's ranks; where both are, names tell them apart. */
export function findInstalled(name: Implementation): InstalledLauncher | undefined {
  for (const program of ["mpirun.openmpi", "mpirun.mpich", "mpirun", "mpiexec", "mpiexec.hydra"]) {
    try {
      const { stdout } = new Deno.Command(program, { args: ["--version"], stderr: "null" })
        .outputSync();
      if (!kinds[name].sign.test(new TextDecoder().decode(stdout))) continue;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    const asRoot = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
    return { program, options: kinds[name].options, env: Deno.uid() === 0 ? asRoot : {} };
  }
}

const rankProgram = fromFileUrl(new URL("rank.ts", import.meta.url));

/** What each rank runs. */
export interface RankProgram {
  /** By default the one that does `tasks`. */
  readonly program?: string;
  /** Its arguments. */
  readonly tasks?: readonly string[];
  /** By default all. */
  readonly permissions?: readonly string[];
}

/** The command line of one rank. */
export function rankCommand(
  { program = rankProgram, tasks = [], permissions = ["-A"] }: RankProgram,
): string[] {
  return [Deno.execPath(), "run", "-q", ...permissions, program, ...tasks];
}

/** A run of several ranks. */
export interface RanksToLaunch extends RankProgram {
  readonly ranks: number;
  readonly env?: Record<string, string>;
}

/** What a run printed and how it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts ranks and waits for their end. */
export async function launch(
  launcher: InstalledLauncher,
  run: RanksToLaunch,
): Promise<Ended> {
  return await ended(start(launcher, run));
}

/** Starts ranks. */
export function start(
  { program, options, env }: InstalledLauncher,
  run: RanksToLaunch,
): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...options, "-n", `${run.ranks}`, ...rankCommand(run)],
    env: { ...env, NO_COLOR: "1", ...run.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for the end of a process. */
export async function ended(process: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** What the ranks of a run that went well say of themselves, in their order. */
export function ranksOf(out: string): {
  rank: number;
  size: number;
  localRank: number;
  localSize: number;
  machine: string;
  library: string;
}[] {
  return out.trim().split("\n").map((line) => JSON.parse(line)).sort((a, b) => a.rank - b.rank);
}
