import { AssertionError, failed } from "./assertion_error.ts";
import { equal, firstDifference } from "./equal.ts";

/** `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** The two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  const path = firstDifference(actual, expected);
  if (path === undefined) return;
  const at = path && ` at ${path}`;
  throw new AssertionError(
    `Values are not equal${at}${msg ? `: ${msg}` : "."}\n\n` +
      `  actual:   ${show(actual)}\n  expected: ${show(expected)}\n`,
  );
}

/** The two are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    throw failed(`Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg);
  }
}

/** The two are the same value or the same object. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw failed(`Values are not strictly equal: ${show(actual)} and ${show(expected)}`, msg);
  }
}

/** The two differ by at most `tolerance`, by default 1e-7 of what is expected. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  if (delta <= tolerance) return;
  throw failed(
    `Expected actual: "${actual}" to be close to "${expected}": ` +
      `delta "${delta}" is greater than "${tolerance}"`,
    msg,
  );
}

/** `actual` is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw failed(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** `actual` is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any
  expectedType: abstract new (...args: any[]) => T,
  msg?: string,
): asserts actual is T {
  if (!(actual instanceof expectedType)) {
    throw failed(
      `Expected object to be an instance of "${expectedType.name}" but was ${show(actual)}`,
      msg,
    );
  }
}

/** `actual` matches the expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw failed(`Expected actual: "${actual}" to match: "${expected}"`, msg);
  }
}

/** `actual` contains the text. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw failed(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
  }
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failed(`Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw failed(`Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw failed(`Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failed(`Expect ${show(actual)} <= ${show(expected)}`, msg);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : Deno.inspect(value, { depth: 10 });
}
