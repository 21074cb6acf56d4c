/**
 * Stand-in for `@std/path` where the JSR registry cannot be reached: Node's module has the same
 * functions under the same names.
 *
 * @module
 */

export { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
export { fileURLToPath as fromFileUrl, pathToFileURL as toFileUrl } from "node:url";

import { sep } from "node:path";

/** What stands between the parts of a path: `/`, on Windows `\`. */
export const SEPARATOR = sep as "/" | "\\";
