/**
 * The kinds of flag that a table is made of.
 *
 * @module
 */

import type { Flag } from "./flags.ts";

/** What every kind of flag takes. Without a default, the value may be `undefined`. */
export interface FlagOptions<D> {
  /** One line for `--help`. */
  readonly help: string;
  /** The value when the flag is not given. */
  readonly default?: D;
  /** What a value is called in `--help`. */
  readonly placeholder?: string;
  /** Another name for the flag. */
  readonly alias?: string;
}

/** Options of {@linkcode integer} and {@linkcode number}: the range, both ends included. */
export interface RangeOptions<D> extends FlagOptions<D> {
  /** The least value. */
  readonly min?: number;
  /** The greatest value. */
  readonly max?: number;
}

/** A whole number; `1_000` and `1e6` are whole numbers too. */
export function integer<D extends number | undefined = undefined>(
  options: RangeOptions<D>,
): Flag<number | D> {
  return ranged("an integer", Number.isSafeInteger, options);
}

/** A finite number. */
export function number<D extends number | undefined = undefined>(
  options: RangeOptions<D>,
): Flag<number | D> {
  return ranged("a number", Number.isFinite, options);
}

/** Any text that is not empty. */
export function string<D extends string | undefined = undefined>(
  options: FlagOptions<D>,
): Flag<string | D> {
  return { placeholder: "TEXT", ...withDefault(options), expects: "a text", read: (text) => text };
}

/**
 * On or off: `--x`, `--no-x`, `--x=true`, `--x=false`. Off unless the default says otherwise; then
 * `--help` shows `--no-x`, and the help says what that does. A default of `undefined` tells a flag that
 * was not given from one that was turned off.
 */
export function boolean<D extends boolean | undefined = boolean>(
  options: FlagOptions<D>,
): Flag<boolean | D> {
  return {
    help: options.help,
    default: "default" in options ? options.default as D : false,
    placeholder: "",
    bare: "true",
    expects: "true or false",
    read: (text) => text === "true" ? true : text === "false" ? false : undefined,
  };
}

/** A port, or `true` where the flag is given without one. */
export function port({ help }: { readonly help: string }): Flag<number | true | undefined> {
  const number = integer({ help, min: 0, max: 65_535 });
  return {
    ...number,
    placeholder: "PORT",
    bare: "true",
    expects: "a port from 0 to 65535",
    read: (text) => text === "true" ? true : number.read(text),
  };
}

/** Two numbers with a comma between, the lesser first: `0.2,1.8`. */
export function range(
  { help, min = -Infinity }: { readonly help: string; readonly min?: number },
): Flag<readonly [number, number] | undefined> {
  const { read } = number({ help, min });
  return {
    help,
    default: undefined,
    placeholder: "LOW,HIGH",
    expects: `two numbers${atLeast(min)} with a comma between, the lesser first`,
    read(text) {
      const [low, high, ...others] = text.split(",").map(read);
      if (low === undefined || high === undefined || others.length > 0) return undefined;
      return low <= high ? [low, high] : undefined;
    },
  };
}

/** One of a few words. */
export function choice<const T extends string, D extends T | undefined = undefined>(
  values: readonly T[],
  options: FlagOptions<D>,
): Flag<T | D> {
  return {
    placeholder: values.join("|"),
    ...withDefault(options),
    expects: `one of ${values.join(", ")}`,
    read: (text) => values.find((value) => value === text),
  };
}

function ranged<D>(
  noun: string,
  isOne: (value: number) => boolean,
  options: RangeOptions<D>,
): Flag<number | D> {
  const { min = -Infinity, max = Infinity } = options;
  return {
    placeholder: "N",
    ...withDefault(options),
    expects: noun + between(min, max),
    read(text) {
      const value = text.trim() === "" ? NaN : Number(text.replace(/(?<=\d)_(?=\d)/g, ""));
      return isOne(value) && value >= min && value <= max ? value : undefined;
    },
  };
}

function between(min: number, max: number): string {
  if (min > -Infinity && max < Infinity) return ` from ${min} to ${max}`;
  return max < Infinity ? ` of at most ${max}` : atLeast(min);
}

function atLeast(min: number): string {
  return min > -Infinity ? ` of at least ${min}` : "";
}

/** What of the options goes into the flag as it is. */
function withDefault<D>(
  options: FlagOptions<D>,
): { help: string; default: D; placeholder?: string; alias?: string } {
  const { help, placeholder, alias } = options;
  return { help, alias, default: options.default as D, ...(placeholder && { placeholder }) };
}
