import { failed } from "./assertion_error.ts";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Always fails. */
export function fail(msg?: string): never {
  throw failed("Failed assertion", msg);
}

/** `error` is an `Error`, of the class, and says the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw failed(`Expected "error" to be an Error object`, msg);
  if (errorClass && !(error instanceof errorClass)) {
    throw failed(
      `Expected error to be instance of "${errorClass.name}", but was "${error.constructor.name}" ` +
        `(${error.message})`,
      msg,
    );
  }
  const says = msgMatches instanceof RegExp
    ? msgMatches.test(error.message)
    : error.message.includes(msgMatches ?? "");
  if (!says) {
    const wanted = msgMatches instanceof RegExp ? String(msgMatches) : JSON.stringify(msgMatches);
    throw failed(
      `Expected error message to include ${wanted}, but got ${JSON.stringify(error.message)}`,
      msg,
    );
  }
}

/** `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** `fn` throws an error of the class whose message includes the text; returns that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  errorClassOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const [errorClass, words] = typeof errorClassOrMsg === "string"
    ? [undefined, errorClassOrMsg]
    : [errorClassOrMsg, msg];
  try {
    fn();
  } catch (error) {
    if (errorClass) assertIsError(error, errorClass, msgIncludes, words);
    return error;
  }
  throw failed("Expected function to throw", words);
}

/** The promise of `fn` rejects; resolves to what it rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** The promise of `fn` rejects with an error of the class whose message includes the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const [errorClass, words] = typeof errorClassOrMsg === "string"
    ? [undefined, errorClassOrMsg]
    : [errorClassOrMsg, msg];
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    throw failed("Function throws when expected to reject", words);
  }
  try {
    await promise;
  } catch (error) {
    if (errorClass) assertIsError(error, errorClass, msgIncludes, words);
    return error;
  }
  throw failed("Expected function to reject", words);
}
