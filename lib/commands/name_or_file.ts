/**
 * Values of flags that are the name of something there is, or a file of one's own.
 *
 * @module
 */
import { basename, resolve, toFileUrl } from "@std/path";
import { UsageError } from "../cli/flags.ts";

/** A flag and what it takes. */
export interface NamedThings {
  /** The flag, without its dashes. */
  readonly flag: string;
  /** The names that there are. */
  readonly names: readonly string[];
  /** A file such as it takes. */
  readonly example: string;
}

/** Whether a name is that of a file, which may lie elsewhere now. */
export function isFile(name: string): boolean {
  return name.startsWith("file:");
}

/**
 * What a run's configuration keeps: a name, or a file's URL, which holds wherever one resumes.
 *
 * @throws {UsageError} if there is no such name, and it is no file's
 */
export function nameOrFile(given: string, { flag, names, example }: NamedThings): string {
  if (names.includes(given)) return given;
  const elsewhere = /^[a-z]{2,}:/i.test(given) && !given.startsWith("file:");
  if (!/[./\\]/.test(given) || elsewhere) {
    throw new UsageError(
      `Cannot use --${flag}=${given}: needs one of ${
        names.join(", ")
      }, or a file such as ${example}`,
    );
  }
  return isFile(given) ? given : toFileUrl(resolve(given)).href;
}

/**
 * What a run kept, or where its file is now.
 *
 * @throws {UsageError} if what is given is neither
 */
export function keptOrMoved(
  kept: string,
  { given, ...things }: NamedThings & { given: string | undefined },
): string {
  if (given === undefined) return kept;
  const name = nameOrFile(given, things);
  if (name === kept || isFile(name) && isFile(kept)) return name;
  throw new UsageError(
    `Cannot use --${things.flag}=${given}: the run has the ${things.flag} ${kept}; leave the flag out`,
  );
}

/** What to call it in paths: the name itself, or that of the file without its ending. */
export function shortName(name: string): string {
  return isFile(name) ? decodeURIComponent(basename(name)).replace(/\.[^.]+$/, "") : name;
}

/** The advice for a module that is not where it was; nothing for other errors. */
export function whereNow(error: { readonly cause?: unknown }, { flag }: { flag: string }): string {
  const lost = (error.cause as { code?: string } | undefined)?.code === "ERR_MODULE_NOT_FOUND";
  return lost ? `; --${flag} names the file` : "";
}
