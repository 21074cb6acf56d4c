/**
 * What an adapter fails with.
 *
 * @module
 */

/** Something went wrong on the adapter: out of memory, a bad kernel, a lost device. */
export class DeviceError extends Error {
  /** The name of the class. */
  override readonly name: string = "DeviceError";
}
