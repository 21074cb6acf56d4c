/**
 * A group of ranks that an MPI launcher started.
 *
 * ```sh
 * mpirun -n 4 deno run -A cli.ts train --distributed mpi
 * ```
 *
 * @module
 */
import type { Group } from "./group.ts";
import { findLauncher, type Launcher } from "./launcher.ts";
import { libraryVariable } from "./library_names.ts";
import { loadMpi, type MpiLibrary } from "./mpi_library.ts";
import { LaunchError } from "./mpi_error.ts";
import { MpiGroup } from "./mpi_group.ts";

export type { Group } from "./group.ts";
export { LaunchError, MpiError } from "./mpi_error.ts";

/** Deno has threads of its own, but only the one that opened the group calls MPI. */
const MPI_THREAD_FUNNELED = 1;

/**
 * Joins the run that `mpirun`, `mpiexec` or `srun` started this process for. Call it once, early, on the
 * main thread. Loads Open MPI or MPICH: the file that `TOWER_MPI_LIBRARY` names, or else the library of
 * the launcher by its usual names, in `$OPAL_PREFIX/lib`, `$MPI_HOME/lib`, `$I_MPI_ROOT/lib` and where
 * the system's loader looks. Needs `--allow-ffi` and `--allow-env`.
 *
 * @throws {LaunchError} if no launcher started this process, or another library's did
 * @throws {MpiError} if there is no library or it cannot be used, or without `--allow-ffi`
 */
export function openMpi(): Group {
  const env = (name: string) => Deno.env.get(name);
  // before Open MPI starts: alone, it sets the variables that its launcher would have set
  const launcher = findLauncher(env);
  const library = loadMpi(env);
  library.call.MPI_Init_thread(null, null, MPI_THREAD_FUNNELED, new Int32Array(1));
  library.call.MPI_Comm_set_errhandler(library.world, library.errorsReturn);
  refuseToBeAlone(library, launcher);
  return new MpiGroup(library);
}

/** A process alone is one that nobody launched, or one that does not understand its launcher. */
function refuseToBeAlone(
  { call, world, name, file }: MpiLibrary,
  launcher: Launcher | undefined,
): void {
  const size = new Int32Array(1);
  call.MPI_Comm_size(world, size);
  if (size[0] > 1) return;
  if (launcher && (launcher.size ?? 1) === 1) return;
  call.MPI_Finalize();
  throw new LaunchError(
    launcher
      ? `Cannot join the ${launcher.size} ranks that ${launcher.name} started: ${name} (${file}) sees ` +
        `only this one; start with the launcher of that library, or name the launcher's own library ` +
        `in ${libraryVariable}`
      : "Cannot join a distributed run: no MPI launcher started this process; " +
        "start it with mpirun -n 4 deno run …, mpiexec or srun",
  );
}
