/**
 * A sum over ranks that gives the same bytes everywhere.
 *
 * `MPI_Allreduce` may add in any order, and which one depends on the library, the number of ranks and
 * the length. Here MPI only moves bytes, and the order of the additions is ours. With R ranks and n
 * values, cut into R slices:
 *
 * 1. *exchange* (`MPI_Ialltoallv`): rank q gets slice q of every rank, `p₀ … p_{R−1}`;
 * 2. *add*: `y_q = ((p₀ + p₁) + p₂) + …` in float32, n additions;
 * 3. *gather* (`MPI_Iallgatherv`): every rank gets `y₀ … y_{R−1}`.
 *
 * Each rank sends `2·4n·(R−1)/R` bytes and receives as many, the least that any all-reduce can do
 * (Patarasuk and Yuan, 2009). Scratch memory: `n + n/R` values, allocated when a longer array than
 * before comes.
 *
 * @module
 */
import type { MpiLibrary } from "./mpi_library.ts";
import { MpiError } from "./mpi_error.ts";
import type { Request } from "./request.ts";
import { addInOrder, cutSlices } from "./slices.ts";

/** Sums of one group. */
export class OrderedSum {
  readonly #mpi: MpiLibrary;
  readonly #request: Request;
  readonly #rank: number;
  readonly #ranks: number;
  // slices of the values: where they begin and how long they are; then the same of the parts
  readonly #offsets: Int32Array<ArrayBuffer>;
  readonly #counts: Int32Array<ArrayBuffer>;
  readonly #partOffsets: Int32Array<ArrayBuffer>;
  readonly #partCounts: Int32Array<ArrayBuffer>;
  #parts = new Float32Array(0);
  #added = new Float32Array(0);

  /** For the ranks of a library that has been started. */
  constructor(
    mpi: MpiLibrary,
    request: Request,
    { rank, size }: { rank: number; size: number },
  ) {
    this.#mpi = mpi;
    this.#request = request;
    this.#rank = rank;
    this.#ranks = size;
    this.#offsets = new Int32Array(size);
    this.#counts = new Int32Array(size);
    this.#partOffsets = new Int32Array(size);
    this.#partCounts = new Int32Array(size);
  }

  /**
   * `values ← Σ_r values_r`, in the order of the ranks; every rank starts it now.
   *
   * @throws {MpiError} if the library reports an error, or for 2³¹ values or more
   */
  async sum(values: Float32Array): Promise<void> {
    const { call, float, world } = this.#mpi;
    const length = this.#cut(values.length);
    const bytes = values as Float32Array<ArrayBuffer>;
    await this.#request.promptly((request) =>
      call.MPI_Ialltoallv(
        bytes,
        this.#counts,
        this.#offsets,
        float,
        this.#parts,
        this.#partCounts,
        this.#partOffsets,
        float,
        world,
        request,
      )
    );
    addInOrder(this.#parts, { y: this.#added, length, ranks: this.#ranks });
    await this.#request.promptly((request) =>
      call.MPI_Iallgatherv(
        this.#added,
        length,
        float,
        bytes,
        this.#counts,
        this.#offsets,
        float,
        world,
        request,
      )
    );
  }

  /** Prepares for arrays of this length and returns the length of this rank's slice. */
  #cut(total: number): number {
    if (total >= 2 ** 31) {
      throw new MpiError(`needs fewer than 2^31 values, for MPI counts in 32 bits, got ${total}`);
    }
    cutSlices(total, { offsets: this.#offsets, counts: this.#counts });
    const length = this.#counts[this.#rank];
    if (this.#added.length < length) {
      this.#added = new Float32Array(length);
      this.#parts = new Float32Array(length * this.#ranks);
    }
    this.#partCounts.fill(length);
    for (let r = 0; r < this.#ranks; r++) this.#partOffsets[r] = r * length;
    return length;
  }
}
