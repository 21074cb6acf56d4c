/**
 * What numbers have to be.
 *
 * @module
 */

/** Which numbers will do. */
export interface Rule {
  /** Whether one is among them. */
  readonly holds: (value: number) => boolean;
  /** What they are, to follow "to be". */
  readonly needed: string;
}

/** Whole numbers from `least` on. */
export function count(least: number): Rule {
  return {
    holds: (value) => Number.isSafeInteger(value) && value >= least,
    needed: `a whole number of at least ${least}`,
  };
}

/** Numbers above 0. */
export const positive: Rule = {
  holds: (value) => value > 0 && value < Infinity,
  needed: "a number above 0",
};

/** Numbers of at least 0. */
export const notNegative: Rule = {
  holds: (value) => value >= 0 && value < Infinity,
  needed: "a number of at least 0",
};

/** Numbers from 0 to less than 1. */
export const share: Rule = {
  holds: (value) => value >= 0 && value < 1,
  needed: "a number from 0 to less than 1",
};

/** Numbers by name with what they have to be; those that were not given are `undefined`. */
export type Ruled = Readonly<Record<string, readonly [value: number | undefined, rule: Rule]>>;

/**
 * Requires numbers to be what they have to be.
 *
 * @param doing what they are needed for, to follow "Cannot"
 * @throws {RangeError} if one is not, naming it
 */
export function requireNumbers(doing: string, numbers: Ruled): void {
  for (const [name, [value, { holds, needed }]] of Object.entries(numbers)) {
    if (value === undefined || holds(value)) continue;
    throw new RangeError(`Cannot ${doing}: needs ${name} to be ${needed}, got ${value}`);
  }
}
