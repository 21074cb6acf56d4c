/**
 * Names that are chosen with `*`.
 *
 * @module
 */

import { UsageError } from "./flags.ts";
import { nearest } from "./nearest.ts";

/** Of what, and for whom. */
export interface MatchingOptions {
  /** The names that there are. */
  readonly names: readonly string[];
  /** What a message says before the pattern, such as `Cannot show`. */
  readonly cannot: string;
  /** What the names are of, such as `tag`. */
  readonly noun: string;
}

/**
 * The names that a pattern stands for, in which `*` stands for any letters.
 *
 * @throws {UsageError} if it stands for none
 */
export function matching(pattern: string, { names, cannot, noun }: MatchingOptions): string[] {
  const parts = pattern.trim().split("*").map((part) => part.replace(/[^\w ]/g, "\\$&"));
  const form = new RegExp(`^${parts.join(".*")}$`);
  const found = names.filter((name) => form.test(name));
  if (found.length > 0) return found;
  const near = nearest(pattern, names);
  const hint = near ? ` (did you mean "${near}"?)` : "";
  throw new UsageError(
    `${cannot} "${pattern}": there is no such ${noun}${hint}; there are ${names.join(", ")}`,
  );
}
