/**
 * Where MPI libraries lie.
 *
 * @module
 */
import { type Environment, findLauncher } from "./launcher.ts";

/** The variable that names the library's file. */
export const libraryVariable = "TOWER_MPI_LIBRARY";

// The number is that of the binary interface: 40 is Open MPI's since 3.0, 12 is MPICH's and that of
// its kin (Intel MPI, MVAPICH, Cray). The bare name comes last: it is any version's.
const names = {
  linux: {
    "Open MPI": ["libmpi.so.40"],
    "MPICH": ["libmpich.so.12", "libmpi.so.12"],
    "any": ["libmpi.so"],
  },
  darwin: {
    "Open MPI": ["libmpi.40.dylib"],
    "MPICH": ["libmpi.12.dylib", "libmpich.12.dylib"],
    "any": ["libmpi.dylib"],
  },
};

/** Variables of launchers and modules that say where the library is installed. */
const homes = ["OPAL_PREFIX", "MPI_HOME", "I_MPI_ROOT"];

/** Where Homebrew installs, which the loader does not search. */
const homebrew = ["/opt/homebrew/lib", "/usr/local/lib"];

/**
 * The files to try, best first. `TOWER_MPI_LIBRARY` names the only one; otherwise it is the usual
 * names, those of the launcher's own library first, and each first where the environment says that
 * MPI is installed. Names without a folder are searched by the system's loader.
 *
 * @param os as in `Deno.build.os`
 */
export function libraryNames(env: Environment, os: string): string[] {
  const chosen = env(libraryVariable);
  if (chosen) return [chosen];
  const system = os === "darwin" ? names.darwin : names.linux;
  const launched = findLauncher(env)?.library ?? "Open MPI";
  const other = launched === "MPICH" ? "Open MPI" : "MPICH";
  const files = [...system[launched], ...system[other], ...system.any];
  const folders = [
    ...homes.flatMap((name) => env(name) ?? []).flatMap((at) => [`${at}/lib`, `${at}/lib/release`]),
    ...(os === "darwin" ? homebrew : []),
  ];
  return files.flatMap((file) => [...folders.map((folder) => `${folder}/${file}`), file]);
}
