/**
 * Whether two values are deeply equal: same constructor, same own properties, same contents of
 * collections; `NaN` equals `NaN` and `0` equals `-0`.
 */
export function equal(a: unknown, b: unknown): boolean {
  return firstDifference(a, b) === undefined;
}

/** Where two values differ first, as a property path such as `[2].shape`; `undefined` if nowhere. */
export function firstDifference(
  a: unknown,
  b: unknown,
  path = "",
  compared = new Map<object, object>(),
): string | undefined {
  if (Object.is(a, b) || (typeof a === "number" && a === b)) return undefined;
  if (!isObject(a) || !isObject(b) || !sameConstructor(a, b)) return path;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime()) ? undefined : path;
  }
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b) ? undefined : path;
  if (compared.get(a) === b) return undefined;
  compared.set(a, b);
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size && hasEach([...a], [...b], compared) ? undefined : path;
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && hasEach([...a], [...b], compared) ? undefined : path;
  }
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
    return firstDifference(new Uint8Array(a), new Uint8Array(b), path, compared);
  }
  if (isTypedArray(a) && isTypedArray(b)) return firstDifferentElement(a, b, path);
  const keys = properties(a);
  if (keys.length !== properties(b).length) return path;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return path + step(a, key);
    const found = firstDifference(
      Reflect.get(a, key),
      Reflect.get(b, key),
      path + step(a, key),
      compared,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

type TypedArray = Exclude<ArrayBufferView, DataView> & ArrayLike<number | bigint>;

function isObject(x: unknown): x is object {
  return typeof x === "object" && x !== null;
}

function isTypedArray(x: object): x is TypedArray {
  return ArrayBuffer.isView(x) && !(x instanceof DataView);
}

/** A plain object and one without a prototype count as the same. */
function sameConstructor(a: object, b: object): boolean {
  return (a.constructor ?? Object) === (b.constructor ?? Object);
}

function firstDifferentElement(a: TypedArray, b: TypedArray, path: string): string | undefined {
  if (a.length !== b.length) return `${path}.length`;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return `${path}[${i}]`;
  }
  return undefined;
}

/** Whether each of `a` has an equal of its own in `b`, in any order. */
function hasEach(a: unknown[], b: unknown[], compared: Map<object, object>): boolean {
  const left = [...b];
  return a.every((x) => {
    const at = left.findIndex((y) => firstDifference(x, y, "", new Map(compared)) === undefined);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function properties(x: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(x);
  return [...Object.keys(x), ...symbols, ...(x instanceof Error ? ["message", "name"] : [])];
}

function step(parent: object, key: PropertyKey): string {
  return Array.isArray(parent) ? `[${String(key)}]` : `.${String(key)}`;
}
