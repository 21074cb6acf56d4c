/**
 * What the system refuses, as a sentence.
 *
 * @module
 */

/**
 * `reason (os error 2): operation 'path'`, as Deno words it, or without the path, or that alone; a reason of the
 * system has no colon.
 */
const wording = /^([^:]+) \(os error \d+\)(?:: (\w+)(?: '(.*?)'(?: -> '.*')?)?)?$/s;
const reading = new Set(["readfile", "readTextFile", "readdir", "stat", "lstat", "open", "read"]);

/** An error's message; what the system refused as `Cannot read x: no such file or directory`. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, reason, operation, path] = error.message.match(wording) ?? [];
  if (reason === undefined) return error.message;
  // Of a file that is open the system does not say which.
  if (!path) return `Cannot read or write a file: ${uncapitalized(reason)}`;
  const writes = !reading.has(operation) || /read-only|no space/i.test(reason);
  return `Cannot ${writes ? "write" : "read"} ${path}: ${uncapitalized(reason)}`;
}

/** Why the system refused, `no such file or directory`, for a sentence that names the path itself. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, reason] = error.message.match(wording) ?? [];
  return reason ? uncapitalized(reason) : error.message;
}

function uncapitalized(text: string): string {
  return text[0].toLowerCase() + text.slice(1);
}
