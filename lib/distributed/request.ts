/**
 * Waiting for MPI.
 *
 * MPI's own waits spin: they hold the thread, so that no signal is served, and a core, which a rank
 * that still computes may need. Calling them on other threads frees the first, not the second. So
 * Tower uses the calls that return at once (`MPI_I…`) and asks `MPI_Test`, in two manners: *patiently*
 * where others may be seconds behind, asleep between the questions; *promptly* when all ranks are
 * there, asking without pause, but offering the core to the others by `sched_yield`.
 *
 * Measured on two cores, summing 1,070,000 values: two ranks take 2.4 to 3.1 ms, as with the blocking
 * calls (2.3 to 2.8) and no longer than with these on other threads (2.8 to 3.5), which need 0.04 ms for
 * even one value, against 0.01. Four ranks on the two cores take 5 to 14 ms; with MPICH, both other ways
 * took more than 140.
 *
 * @module
 */
import { decode, type MpiLibrary } from "./mpi_library.ts";
import { MpiError } from "./mpi_error.ts";

/** Starts a call and says by its code whether that went well. */
export type Start = (request: BigInt64Array<ArrayBuffer>) => number;

/**
 * How long to ask without pause, in milliseconds: at first, and after each turn of the event loop, which
 * takes about one. Ranks in step find each other in the first two.
 */
const pace = { patient: { first: 2, then: 0 }, prompt: { first: 20, then: 20 } };

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
   * Starts a call for which other ranks may come late, and returns when it is done.
   *
   * @throws {MpiError} with the library's own words
   */
  patiently(start: Start): Promise<void> {
    return this.#finish(start, pace.patient);
  }

  /**
   * Starts a call that all ranks start now, and returns when it is done.
   *
   * @throws {MpiError} with the library's own words
   */
  promptly(start: Start): Promise<void> {
    return this.#finish(start, pace.prompt);
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

  async #finish(start: Start, { first, then }: typeof pace.patient): Promise<void> {
    const { MPI_Test, sched_yield } = this.#mpi.call;
    this.check(start(this.#request));
    for (let milliseconds = first;; milliseconds = then) {
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
