/**
 * The ranks of an MPI run, and what they tell each other.
 *
 * @module
 */
import type { Group } from "./group.ts";
import { decode, type MpiLibrary } from "./mpi_library.ts";
import { Meeting, type Purpose } from "./meeting.ts";
import { MpiError } from "./mpi_error.ts";
import { OrderedSum } from "./ordered_sum.ts";
import { Request } from "./request.ts";

/** Room for a machine's name: MPI_MAX_PROCESSOR_NAME is 256 in Open MPI, 128 in MPICH. */
const nameBytes = 256;

/** MPI counts in 32-bit integers: longer broadcasts go in pieces. */
const pieceBytes = 2 ** 30;

/** All ranks that a launcher started. See {@linkcode Group}. */
export class MpiGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  readonly machine: string;
  readonly library: string;

  readonly #mpi: MpiLibrary;
  readonly #request: Request;
  readonly #meeting: Meeting;
  readonly #ordered: OrderedSum;
  #doing?: Purpose;
  #left = false;

  /** The group of a library that has been started. */
  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
    this.#request = new Request(mpi);
    const number = new Int32Array(1);
    mpi.call.MPI_Comm_rank(mpi.world, number);
    this.rank = number[0];
    mpi.call.MPI_Comm_size(mpi.world, number);
    this.size = number[0];
    const machines = this.#machines();
    this.machine = machines[this.rank];
    this.localSize = machines.filter((name) => name === this.machine).length;
    this.localRank = machines.slice(0, this.rank).filter((name) => name === this.machine).length;
    this.library = mpi.name;
    this.#meeting = new Meeting(mpi, this.#request, this);
    this.#ordered = new OrderedSum(mpi, this.#request, this);
    globalThis.addEventListener("unload", this.#endAll);
  }

  sum(values: Float32Array): Promise<void> {
    return this.#together("sum", values.length, () => this.#ordered.sum(values));
  }

  broadcast(bytes: Uint8Array): Promise<void> {
    const { call, byte, world } = this.#mpi;
    return this.#together("broadcast", bytes.length, async () => {
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        const piece = bytes.subarray(start, start + pieceBytes) as Uint8Array<ArrayBuffer>;
        await this.#request.promptly((request) =>
          call.MPI_Ibcast(piece, piece.length, byte, 0, world, request)
        );
      }
    });
  }

  finalize(): Promise<void> {
    return this.#together("finalize", 0, () => {
      this.#left = true;
      globalThis.removeEventListener("unload", this.#endAll);
      this.#request.check(this.#mpi.call.MPI_Finalize());
    });
  }

  abort(code: number): never {
    this.#mpi.call.MPI_Abort(this.#mpi.world, code);
    throw new MpiError("Cannot abort the run: MPI_Abort returned");
  }

  [Symbol.dispose](): void {
    this.#left = true;
  }

  /**
   * One collective call at a time, begun when all ranks have come to it. Waiting for them sleeps and is
   * interruptible; the transfers that follow are short, for all ranks take part from the start.
   */
  async #together(
    doing: Purpose,
    length: number,
    work: () => void | Promise<void>,
  ): Promise<void> {
    if (this.#left) throw new MpiError(`Cannot ${doing}: this rank has left the group`);
    if (this.#doing) {
      throw new MpiError(`Cannot ${doing}: a ${this.#doing} is under way; await it first`);
    }
    this.#doing = doing;
    try {
      await this.#meeting.meet(doing, length);
      await work();
    } catch (error) {
      if (!(error instanceof MpiError)) throw error;
      const { rank, size, machine } = this;
      const who = `rank ${rank} of ${size} on ${machine}`;
      throw new MpiError(`Cannot ${doing} on ${who}: ${error.message}`, { cause: error });
    } finally {
      this.#doing = undefined;
    }
  }

  // A process that ends without `finalize` would leave the others waiting.
  #endAll = (): void => {
    this.#mpi.call.MPI_Abort(this.#mpi.world, Deno.exitCode || 1);
  };

  /** The name of each rank's machine. */
  #machines(): string[] {
    const { call, world, byte } = this.#mpi;
    const length = new Int32Array(1);
    const own = new Uint8Array(nameBytes);
    call.MPI_Get_processor_name(own, length);
    own.fill(0, length[0]);
    const all = new Uint8Array(nameBytes * this.size);
    this.#request.check(
      call.MPI_Allgather(own, nameBytes, byte, all, nameBytes, byte, world),
    );
    return Array.from(
      { length: this.size },
      (_, r) => decode(all.subarray(r * nameBytes), Int32Array.of(nameBytes)),
    );
  }
}
