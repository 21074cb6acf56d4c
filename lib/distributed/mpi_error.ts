/**
 * What goes wrong between processes.
 *
 * @module
 */

/** The run cannot be joined, or a message did not get through. */
export class MpiError extends Error {
  /** The name of the class. */
  override readonly name: string = "MpiError";
}

/** The process was not started as a rank of a run. */
export class LaunchError extends MpiError {
  /** The name of the class. */
  override readonly name: string = "LaunchError";
}
