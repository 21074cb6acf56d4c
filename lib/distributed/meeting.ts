/**
 * Where ranks wait for each other, and see that they came for the same thing.
 *
 * @module
 */
import type { MpiLibrary } from "./mpi_library.ts";
import { MpiError } from "./mpi_error.ts";
import type { Request } from "./request.ts";

/** What ranks meet for. */
export type Purpose = "sum" | "broadcast" | "finalize";

const purposes: readonly Purpose[] = ["sum", "broadcast", "finalize"];

/** The meetings of one group. */
export class Meeting {
  readonly #mpi: MpiLibrary;
  readonly #request: Request;
  readonly #own = new Float64Array(2);
  readonly #all: Float64Array<ArrayBuffer>;

  /** For the ranks of a library that has been started. */
  constructor(mpi: MpiLibrary, request: Request, { size }: { size: number }) {
    this.#mpi = mpi;
    this.#request = request;
    this.#all = new Float64Array(2 * size);
  }

  /**
   * Returns when all ranks have come.
   *
   * Without this, MPI would mix up calls of different kinds, and an array that is shorter on one rank
   * than on another gives wrong sums without an error in some libraries.
   *
   * @throws {MpiError} on every rank, if one came for something else or with another length
   */
  async meet(purpose: Purpose, length: number): Promise<void> {
    const { call, byte, world } = this.#mpi;
    const [own, all] = [this.#own, this.#all];
    own[0] = purposes.indexOf(purpose);
    own[1] = length;
    await this.#request.patiently((request) =>
      call.MPI_Iallgather(own, own.byteLength, byte, all, own.byteLength, byte, world, request)
    );
    for (let i = 0; i < all.length; i += 2) {
      if (all[i] === own[0] && all[i + 1] === own[1]) continue;
      throw new MpiError(
        `needs all ranks to do the same, got ${purpose} of ${length} elements here ` +
          `and ${purposes[all[i]]} of ${all[i + 1]} on rank ${i / 2}`,
      );
    }
  }
}
