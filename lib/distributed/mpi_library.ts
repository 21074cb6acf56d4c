/**
 * The functions of an MPI library, and what differs between libraries.
 *
 * The standard fixes the functions, not what a handle is. Open MPI's are addresses of its own
 * variables (`&ompi_mpi_comm_world`); those of MPICH and its kin are 32-bit integers, fixed since 2014
 * by the MPICH ABI Compatibility Initiative and written in its `mpi.h`.
 *
 * @module
 */
import type { Environment } from "./launcher.ts";
import { libraryNames, libraryVariable } from "./library_names.ts";
import {
  type Handle,
  mpichHandles,
  type MpiFunctions,
  mpiFunctions,
  openMpiHandles,
  versionFunctions,
} from "./mpi_functions.ts";
import { MpiError } from "./mpi_error.ts";

/** A loaded library: its functions by their own names, and the handles that Tower uses. */
export interface MpiLibrary {
  /** Name and version, as it says itself. */
  readonly name: string;
  /** The file, as it was asked for. */
  readonly file: string;
  /** The functions of MPI, by their names in C. */
  readonly call: MpiFunctions;
  /** `MPI_COMM_WORLD`: all ranks. */
  readonly world: Handle;
  /** `MPI_BYTE` */
  readonly byte: Handle;
  /** `MPI_FLOAT`: 32 bits. */
  readonly float: Handle;
  /** `MPI_ERRORS_RETURN`: report an error to the caller instead of ending the run. */
  readonly errorsReturn: Handle;
}

/**
 * Loads the first library of {@linkcode libraryNames} that there is. It is never unloaded: MPI can be
 * started once in a process.
 *
 * @throws {MpiError} if there is none, if it is no MPI library, too old or of an unknown kind, or
 * without `--allow-ffi`
 */
export function loadMpi(env: Environment): MpiLibrary {
  const file = findFile(env);
  const { name, openMpi } = describe(file);
  if (openMpi) {
    const handles = open(file, openMpiHandles);
    return {
      ...{ name, file, call: open(file, mpiFunctions("pointer")) },
      world: handles.ompi_mpi_comm_world,
      byte: handles.ompi_mpi_byte,
      float: handles.ompi_mpi_float,
      errorsReturn: handles.ompi_mpi_errors_return,
    };
  }
  // Handles here are numbers, which only the library looks into: one type serves both kinds.
  const handle = (value: number) => value as unknown as Handle;
  return {
    ...{ name, file, call: open(file, mpiFunctions("i32")) as unknown as MpiLibrary["call"] },
    world: handle(mpichHandles.world),
    byte: handle(mpichHandles.byte),
    float: handle(mpichHandles.float),
    errorsReturn: handle(mpichHandles.errorsReturn),
  };
}

/** The first file that the system's loader takes. */
function findFile(env: Environment): string {
  const files = libraryNames(env, Deno.build.os);
  const reasons = [];
  for (const file of files) {
    try {
      Deno.dlopen(file, {});
      return file;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) {
        throw new MpiError(
          "Cannot load an MPI library: needs the permission --allow-ffi; add it to this command, " +
            `or --allow-ffi=FILE, where ${libraryVariable} is the whole path of that file`,
          { cause: error },
        );
      }
      reasons.push((error as Error).message.replace(/^(Could not open library: )+/, ""));
    }
  }
  throw new MpiError(
    env(libraryVariable)
      ? `Cannot load the MPI library that ${libraryVariable} names: ${reasons[0]}`
      : `Cannot find an MPI library: needs Open MPI or MPICH, got none of ${files.join(", ")}; ` +
        `install one, or name its file in ${libraryVariable}`,
    { cause: reasons },
  );
}

/** What a library says of itself; MPI answers these questions before it is started. */
function describe(file: string): { name: string; openMpi: boolean } {
  const text = new Uint8Array(8192); // MPI_MAX_LIBRARY_VERSION_STRING, the larger of both
  const [length, version, subversion] = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
  const call = open(file, versionFunctions);
  call.MPI_Get_library_version(text, length);
  call.MPI_Get_version(version, subversion);
  const name = libraryName(decode(text, length));
  if (version[0] < 3) {
    const got = `${version[0]}.${subversion[0]}`;
    throw new MpiError(`Cannot use ${name} (${file}): needs MPI 3 or later, got MPI ${got}`);
  }
  const openMpi = open(file, openMpiHandles).ompi_mpi_comm_world !== null;
  if (!openMpi && !/MPICH|MVAPICH|Intel\(R\) MPI/.test(name)) {
    throw new MpiError(
      `Cannot use ${name} (${file}): needs Open MPI, or MPICH or one of its kin; ` +
        `name the file of one in ${libraryVariable}`,
    );
  }
  return { name, openMpi };
}

function open<const S extends Deno.ForeignLibraryInterface>(file: string, symbols: S) {
  try {
    return Deno.dlopen(file, symbols).symbols;
  } catch (cause) {
    throw new MpiError(`Cannot use ${file}: needs an MPI library, version 3 or later`, { cause });
  }
}

/** `Open MPI v4.1.4` from `Open MPI v4.1.4, package: …`; `MPICH 4.0.2` from `MPICH Version:\t4.0.2\n…`. */
export function libraryName(text: string): string {
  return text.split(/[\n,]/)[0].replace(/ version\s*:/i, " ").replace(/\s+/g, " ").trim();
}

/** The text that a function of MPI wrote into a buffer. */
export function decode(buffer: Uint8Array, length: Int32Array): string {
  return new TextDecoder().decode(buffer.subarray(0, length[0])).replace(/\0.*$/s, "");
}
