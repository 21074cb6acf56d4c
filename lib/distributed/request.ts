/**
 * Waiting for MPI.
 *
 * MPI's own waits spin: they hold the thread, so no signal is served, and a core, which a rank that
 * still computes may need. Moving them to other threads frees the first, not the second. So Tower
 * uses the calls that return at once (`MPI_I…`) and asks `MPI_Test`, in two manners: *arriving*, it
 * sleeps between the questions, for others may be seconds behind; *transferring*, when all ranks are
 * there, it asks without pause and offers the core to other ranks by `sched_yield`.
 *
 * @module
 */
import { decode, type MpiLibrary } from "./mpi_library.ts";
import { MpiError } from "./mpi_error.ts";

/** Starts a call and says by its code whether that went well. */
export type Start = (request: BigInt64Array<ArrayBuffer>) => number;

/** How long to ask without pause before each turn of the event loop, in milliseconds. */
const patience = { arriving: 0.1, transferring: 20 };

/** The one call of MPI that is under way. */
export class Request {
  readonly #mpi: MpiLibrary;
  // 64 bits hold either kind of handle, 64 bytes either kind of status
  readonly #request = new BigInt64Array(1);
  readonly #done = new Int32Array(1);
  readonly #status = new Uint8Array(64);

  /** For a library that has been started. */
  constructor(mpi: MpiLibrary) {
    this.#mpi = mpi;
  }

  /**
   * Returns when all ranks have called it.
   *
   * @throws {MpiError} with the library's own words
   */
  arrive(): Promise<void> {
    const { call, world } = this.#mpi;
    return this.#finish((request) => call.MPI_Ibarrier(world, request), patience.arriving);
  }

  /**
   * Starts a call that all ranks start now, and returns when it is done.
   *
   * @throws {MpiError} with the library's own words
   */
  transfer(start: Start): Promise<void> {
    return this.#finish(start, patience.transferring);
  }

  /**
   * Turns MPI's code into an error.
   *
   * @throws {MpiError} with the library's own words, unless the code is `MPI_SUCCESS`
   */
  check(code: number): void {
    if (code === 0) return;
    const [text, length] = [new Uint8Array(512), new Int32Array(1)];
    this.#mpi.call.MPI_Error_string(code, text, length);
    throw new MpiError(`${this.#mpi.name} says: ${decode(text, length)}`);
  }

  async #finish(start: Start, milliseconds: number): Promise<void> {
    const { MPI_Test, sched_yield } = this.#mpi.call;
    this.check(start(this.#request));
    for (;;) {
      const until = performance.now() + milliseconds;
      do {
        this.check(MPI_Test(this.#request, this.#done, this.#status));
        if (this.#done[0]) return;
        sched_yield();
      } while (performance.now() < until);
      await new Promise((resume) => setTimeout(resume, 0));
    }
  }
}
