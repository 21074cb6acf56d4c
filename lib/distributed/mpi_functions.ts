/**
 * The functions and handles of MPI that Tower uses, as Deno's FFI wants them declared.
 *
 * @module
 */

/** The functions, for a library whose handles have this type. */
export function mpiFunctions<const H extends "pointer" | "i32">(handle: H) {
  // values, counts, offsets, type
  const v = ["buffer", "buffer", "buffer", handle] as const;
  return {
    MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
    MPI_Finalize: { parameters: [], result: "i32" },
    MPI_Abort: { parameters: [handle, "i32"], result: "i32" },
    MPI_Comm_set_errhandler: { parameters: [handle, handle], result: "i32" },
    MPI_Error_string: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    MPI_Comm_rank: { parameters: [handle, "buffer"], result: "i32" },
    MPI_Comm_size: { parameters: [handle, "buffer"], result: "i32" },
    MPI_Get_processor_name: { parameters: ["buffer", "buffer"], result: "i32" },
    MPI_Allgather: {
      parameters: ["buffer", "i32", handle, "buffer", "i32", handle, handle],
      result: "i32",
    },
    MPI_Iallgather: {
      parameters: ["buffer", "i32", handle, "buffer", "i32", handle, handle, "buffer"],
      result: "i32",
    },
    MPI_Ibcast: {
      parameters: ["buffer", "i32", handle, "i32", handle, "buffer"],
      result: "i32",
    },
    MPI_Ialltoallv: {
      parameters: [...v, ...v, handle, "buffer"],
      result: "i32",
    },
    MPI_Iallgatherv: {
      parameters: ["buffer", "i32", handle, ...v, handle, "buffer"],
      result: "i32",
    },
    MPI_Test: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
    // not MPI's, but found through it: whatever links to the C library leads to this
    sched_yield: { parameters: [], result: "i32" },
  } as const;
}

/** What every library answers before it is started. */
export const versionFunctions = {
  MPI_Get_library_version: { parameters: ["buffer", "buffer"], result: "i32" },
  MPI_Get_version: { parameters: ["buffer", "buffer"], result: "i32" },
} as const;

/**
 * Open MPI's own variables: Deno gives the address of one that is declared a pointer, and that is the
 * handle. They are optional, for other libraries have none of them.
 */
export const openMpiHandles = {
  ompi_mpi_comm_world: { type: "pointer", optional: true },
  ompi_mpi_byte: { type: "pointer", optional: true },
  ompi_mpi_float: { type: "pointer", optional: true },
  ompi_mpi_errors_return: { type: "pointer", optional: true },
} as const;

/** The functions, as TypeScript sees them. */
export type MpiFunctions = Deno.StaticForeignLibraryInterface<
  ReturnType<typeof mpiFunctions<"pointer">>
>;

/** MPICH's handles, from its `mpi.h`. */
export const mpichHandles = {
  world: 0x44000000,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  errorsReturn: 0x54000001,
} as const;

/** What a handle is to TypeScript: opaque, made by a library and given back to the same one. */
export type Handle = Deno.PointerValue;
