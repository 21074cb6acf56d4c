/**
 * Stand-in for `@std/testing/types` where the JSR registry cannot be reached.
 *
 * @module
 */

/** Compiles only where the type argument and the value agree; does nothing when run. */
export function assertType<T extends boolean>(_expectTrue: T): void {}

/** Whether two types are the same, `any` being the same as `any` alone. */
export type IsExact<T, U> = (<X>() => X extends T ? 1 : 2) extends (<X>() => X extends U ? 1 : 2)
  ? true
  : false;
