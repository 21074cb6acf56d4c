/**
 * Stand-in for `@std/cli` where the JSR registry cannot be reached.
 *
 * @module
 */

export * from "./parse_args.ts";
