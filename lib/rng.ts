/**
 * The random generator: counter-based, so that a stream is named by what it is for and not by how
 * many numbers were drawn before it, and so that shaders can draw the same numbers.
 *
 * @module
 */

const M0 = 0xd2511f53, M1 = 0xcd9e8d57; // the multipliers of Philox4x32
const W0 = 0x9e3779b9, W1 = 0xbb67ae85; // what the key grows by each round: golden ratio, √3 − 1
const TWO_32 = 2 ** 32;

/**
 * Philox4x32-10: ten rounds that turn a 128-bit counter and a 64-bit key into four random words.
 *
 * One round: `(c0, c1, c2, c3) ← (hi(M1·c2) ⊕ c1 ⊕ k0, lo(M1·c2), hi(M0·c0) ⊕ c3 ⊕ k1, lo(M0·c0))`,
 * after which the key grows by `(W0, W1)`. Every counter gives another block; all words are unsigned
 * and 32 bits wide.
 *
 * J. Salmon, M. Moraes, R. Dror, D. Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
 *
 * @param counter four words
 * @param key two words
 * @param out where the four random words go; may be `counter` itself
 */
export function philox(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  out: Uint32Array,
): void {
  let c0 = counter[0] | 0, c1 = counter[1] | 0, c2 = counter[2] | 0, c3 = counter[3] | 0;
  let k0 = key[0] | 0, k1 = key[1] | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0), low0 = Math.imul(M0, c0);
    const high1 = multiplyHigh(M1, c2), low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The high word of the 64-bit product, from the four products of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const other = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16)) | 0;
}

/**
 * A stream of random numbers. A seed and a path of purposes name it, its state is three numbers, and
 * no draw allocates.
 *
 * @example
 * ```ts
 * import { Rng } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const rng = Rng.from(7);
 * const w = 0.05 * rng.split("weights").truncatedNormal();
 * // The same stream again, whatever was drawn in between.
 * assertEquals(0.05 * rng.split("weights").truncatedNormal(), w);
 * ```
 */
export class Rng {
  readonly #key: Uint32Array;
  readonly #counter = new Uint32Array(4);
  readonly #words = new Uint32Array(4);
  /** Blocks made so far; `#words` holds the last one. */
  #blocks = 0;
  /** The next word of `#words`; 4 when all are used. */
  #next = 4;

  private constructor(key: Uint32Array) {
    this.#key = key;
  }

  /**
   * The stream of a seed.
   *
   * @param seed a whole number from 0 to 2⁵³ − 1
   * @throws {RangeError} if it is not
   */
  static from(seed: number): Rng {
    requireCount("seed the random generator", seed);
    return new Rng(Uint32Array.of(seed, seed / TWO_32));
  }

  /**
   * The stream that {@linkcode Rng.state} was asked of, at the same place.
   *
   * @throws {RangeError} if `state` was not made by {@linkcode Rng.state}
   */
  static restore(state: readonly number[]): Rng {
    const doing = "restore the random generator";
    if (state.length !== 3) {
      throw new RangeError(`Cannot ${doing}: needs 3 numbers, got ${state.length}`);
    }
    for (const value of state) requireCount(doing, value);
    const [k0, k1, drawn] = state;
    const rng = new Rng(Uint32Array.of(k0, k1));
    rng.#blocks = Math.ceil(drawn / 4);
    rng.#next = drawn % 4 || 4;
    rng.#fill();
    return rng;
  }

  /** The two words that key this stream: what a shader needs to draw from it with its own counters. */
  get key(): readonly [number, number] {
    return [this.#key[0], this.#key[1]];
  }

  /** Key and number of words drawn: three whole numbers that survive JSON and resume to the bit. */
  state(): number[] {
    return [this.#key[0], this.#key[1], this.#blocks * 4 - (4 - this.#next)];
  }

  /**
   * The stream for a purpose. It depends on this stream's key and the purpose only, never on what
   * was drawn, so adding a draw in one place changes nothing in another.
   */
  split(purpose: string): Rng {
    // Philox as the block cipher of a CBC-MAC over the text. Draws have 0 in the last two words of
    // the counter, so the block that starts the chain is never one of theirs.
    const text = new TextEncoder().encode(purpose);
    const chain = Uint32Array.of(text.length, 0, 0, 0xffffffff);
    philox(chain, this.#key, chain);
    for (let start = 0; start < text.length; start += 16) {
      text.subarray(start, start + 16).forEach((byte, i) => chain[i >> 2] ^= byte << 8 * (i & 3));
      philox(chain, this.#key, chain);
    }
    return new Rng(chain.slice(0, 2));
  }

  /** 32 random bits, as a whole number from 0 to 2³² − 1. */
  uint32(): number {
    if (this.#next === 4) {
      this.#blocks++;
      this.#fill();
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  /** Uniform on [0, 1), in steps of 2⁻³². */
  float(): number {
    return this.uint32() / TWO_32;
  }

  /**
   * Uniform on the whole numbers 0 … n − 1, without bias.
   *
   * @param n a whole number from 1 to 2³²
   * @throws {RangeError} if it is not
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new RangeError(
        `Cannot draw a number below ${n}: needs a whole number from 1 to 4294967296`,
      );
    }
    // The words past the last multiple of n would favour small results: draw again.
    const fair = TWO_32 - TWO_32 % n;
    let word = this.uint32();
    while (word >= fair) word = this.uint32();
    return word % n;
  }

  /** Normal with mean 0 and standard deviation 1; at most 6.8 in size (Box and Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 0.5) / TWO_32));
    return radius * Math.cos(2 * Math.PI * this.float());
  }

  /** Normal with mean 0 and standard deviation 1, drawn again while it is more than 2 in size. */
  truncatedNormal(): number {
    let z = this.normal();
    while (z > 2 || z < -2) z = this.normal();
    return z;
  }

  /** Puts the elements in random order, every order equally likely (Fisher and Yates); returns them. */
  shuffle<A extends { readonly length: number; [index: number]: unknown }>(array: A): A {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const element = array[i];
      array[i] = array[j];
      array[j] = element;
    }
    return array;
  }

  /** Makes block `#blocks`, counted from 1 so that the first has counter 0. */
  #fill(): void {
    const index = this.#blocks - 1;
    this.#counter[0] = index;
    this.#counter[1] = index / TWO_32;
    philox(this.#counter, this.#key, this.#words);
  }
}

function requireCount(doing: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(
      `Cannot ${doing}: needs whole numbers from 0 to 9007199254740991, got ${value}`,
    );
  }
}
