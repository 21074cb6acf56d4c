/**
 * Who started this process, as its environment tells.
 *
 * @module
 */

/** Reads a variable of the environment. */
export type Environment = (name: string) => string | undefined;

/** The program that started the ranks. */
export interface Launcher {
  /** Its name, for messages. */
  readonly name: string;

  /** How many ranks it started, where it says so. */
  readonly size?: number;

  /** The library that it belongs to, where that is certain. */
  readonly library?: "Open MPI" | "MPICH";
}

// The innermost launcher comes first: inside a Slurm step, mpirun is the one that counts.
const launchers: readonly (Omit<Launcher, "size"> & { variable: string; counts: boolean })[] = [
  { name: "mpirun", library: "Open MPI", variable: "OMPI_COMM_WORLD_SIZE", counts: true },
  { name: "mpiexec", library: "MPICH", variable: "PMI_SIZE", counts: true },
  { name: "srun", variable: "SLURM_STEP_NUM_TASKS", counts: true },
  { name: "a PMIx launcher", variable: "PMIX_RANK", counts: false },
];

/** The launcher of this process, or nothing if it was started by hand. */
export function findLauncher(env: Environment): Launcher | undefined {
  for (const { variable, counts, ...launcher } of launchers) {
    const value = env(variable);
    if (value) return counts ? { ...launcher, size: Number(value) } : launcher;
  }
}
