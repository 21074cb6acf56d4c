/** Thrown by an assertion that does not hold. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** The one way an assertion fails: what was seen, then the caller's own words if there are any. */
export function failed(what: string, msg?: string): AssertionError {
  return new AssertionError(msg ? `${what}: ${msg}` : `${what}.`);
}
