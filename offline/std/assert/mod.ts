/**
 * Stand-in for `@std/assert` where the JSR registry cannot be reached.
 *
 * @module
 */

export { AssertionError } from "./assertion_error.ts";
export { equal } from "./equal.ts";
export * from "./errors.ts";
export * from "./values.ts";
