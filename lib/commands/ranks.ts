/**
 * `train --distributed mpi`: what the processes of a run have to settle among themselves.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { UsageError } from "../cli/flags.ts";
import type { Group } from "../distributed/group.ts";

/**
 * Joins the launcher's run. The library is loaded by this call and not before.
 *
 * @throws {UsageError} if no launcher started this process
 * @throws {MpiError} if there is no library that can be used
 */
export async function joinRanks(): Promise<Group> {
  const { LaunchError, openMpi } = await import("../distributed/mpi.ts");
  try {
    return openMpi();
  } catch (error) {
    throw error instanceof LaunchError ? new UsageError(error.message) : error;
  }
}

/** Gives every rank what rank 0 knows. */
export async function share<T>(group: Group | undefined, value: T): Promise<T> {
  if (!group) return value;
  const { broadcastValue } = await import("../distributed/broadcast_value.ts");
  return await broadcastValue(group, value);
}

/** Does the work on one rank of each machine first, so that what it fetches is there for the others. */
export async function oneFirst<T>(group: Group | undefined, work: () => Promise<T>): Promise<T> {
  if (!group) return await work();
  const meet = () => group.sum(new Float32Array(1));
  const first = group.localRank === 0 ? { result: await work() } : undefined;
  await meet();
  return first ? first.result : await work();
}

/** Rank 0 speaks for all; what goes wrong on another is its error's to say. */
export function ioOf(group: Group, io: Io): Io {
  if (group.rank === 0) return io;
  return {
    log: () => {},
    progress: () => {},
    error: () => {},
    columns: io.columns,
    signal: io.signal,
  };
}
