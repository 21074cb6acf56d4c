/**
 * Training on several machines, by MPI.
 *
 * @module
 */

export * from "../distributed/mpi.ts";
