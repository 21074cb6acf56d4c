/**
 * What several commands share.
 *
 * @module
 */
import { choice } from "../cli/flag_types.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import { ifThere } from "../files.ts";
import type { AdapterPreference } from "../gpu/adapter.ts";

/** `--adapter`. */
export const adapterFlag: Flag<AdapterPreference> = choice(
  ["high-performance", "low-power", "software"],
  { help: "Which adapter to run on", default: "high-performance" },
);

/** @throws {UsageError} if there is something at a directory's path that is none */
export async function requireDirectory(path: string, flag: string): Promise<void> {
  const found = await ifThere(Deno.stat(path));
  if (!found || found.isDirectory) return;
  throw new UsageError(`Cannot use ${path}: ${flag} needs a directory, got a file`);
}
