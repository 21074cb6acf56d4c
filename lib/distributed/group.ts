/**
 * The processes of a run that spans several of them.
 *
 * @module
 */

/**
 * The processes, called ranks, of one distributed run.
 *
 * `sum`, `broadcast` and `finalize` are collective: every rank calls them, in the same order and with
 * arrays of the same length, and awaits each before the next. While a rank waits for the others its
 * event loop goes on, so signals and timers are served.
 */
export interface Group extends Disposable {
  /** This process's number, from 0. */
  readonly rank: number;

  /** How many processes the run has. */
  readonly size: number;

  /** This rank's number among those on its machine, from 0: the adapter to take. */
  readonly localRank: number;

  /** How many ranks its machine has. */
  readonly localSize: number;

  /** The name of its machine, as the library says it. */
  readonly machine: string;

  /** Name and version of the library, as it says itself. */
  readonly library: string;

  /**
   * `values ← Σ_r values_r`, in float32, added in the order of the ranks: `((v₀ + v₁) + v₂) + …`. So
   * every rank and every run gets the same bytes, whatever the library and the network.
   *
   * @throws {MpiError} if another call is under way, or the library reports an error
   */
  sum(values: Float32Array): Promise<void>;

  /**
   * `bytes ← those of rank 0`.
   *
   * @throws {MpiError} if another call is under way, or the library reports an error
   */
  broadcast(bytes: Uint8Array): Promise<void>;

  /**
   * Leaves the run after it went well; returns when all ranks have come to this point. Call it once,
   * last.
   *
   * @throws {MpiError} if another call is under way, or the library reports an error
   */
  finalize(): Promise<void>;

  /** Ends all ranks of the run with this exit code, at once. May be called at any time. */
  abort(code: number): never;

  /**
   * Lets go of the group. Without `finalize` before it, this rank has failed: it does not wait for the
   * others, so that its error can be told, and when the process ends, the run ends with it.
   */
  [Symbol.dispose](): void;
}
