/**
 * The arena: all parameters of a model in one `Float32Array`, with a table of names, offsets and
 * shapes. Gradients, averages and optimizer state are arrays of the same form.
 *
 * @module
 */
import type { Rng } from "./rng.ts";
import { ShapeError, sizeOf } from "./shape.ts";

/** Fills a new parameter; may draw from its own generator. */
export type Initializer = (values: Float32Array, rng: Rng) => void;

/** What a layer says of a parameter it owns. */
export interface ParameterSpec {
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Its first values. */
  readonly initial: Initializer;
  /** λ of the term `λ · ½‖w‖²` that it adds to the loss. Default 0. */
  readonly decay?: number;
  /**
   * Whether the optimizer trains it. If not, such as the running averages of batch normalization, its
   * pullback writes into the gradient's place what the step takes away from it: `p ← p − g`, which is
   * the mean over the towers like any gradient. Default true.
   */
  readonly trained?: boolean;
}

/** A parameter's place in the arena. */
export interface ParameterEntry {
  /** Its full name, such as `conv1/weights`. */
  readonly name: string;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Elements before it in the arena, a multiple of 64. */
  readonly offset: number;
  /** The number of its elements. */
  readonly size: number;
  /** λ of its L2 term. */
  readonly decay: number;
  /** Its first values. */
  readonly initial: Initializer;
}

/** Elements that a tensor's start is a multiple of: 256 bytes, what a binding's offset needs. */
const alignment = 64;

/**
 * Where every parameter of a model lies.
 *
 * @example
 * ```ts
 * import { constantInitializer, ParameterTable, Rng, truncatedNormalInitializer } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const table = new ParameterTable([
 *   ["conv1/weights", { shape: [5, 5, 3, 8], initial: truncatedNormalInitializer(0.05) }],
 *   ["conv1/biases", { shape: [8], initial: constantInitializer(0.1) }],
 * ]);
 * const arena = table.initialize(Rng.from(1)); // one array for all
 * const biases = table.view(arena, "conv1/biases"); // a part of it, not a copy
 * assertEquals([table.count, biases.length], [608, 8]);
 * assertEquals(biases[0], Math.fround(0.1));
 * ```
 */
export class ParameterTable {
  /** The parameters in the order of the model, those that are not trained after all others. */
  readonly entries: readonly ParameterEntry[];
  /** Elements of the arena, padding included. */
  readonly length: number;
  /** Elements before the first parameter that is not trained: what an optimizer works on. */
  readonly trainedLength: number;
  readonly #byName: ReadonlyMap<string, ParameterEntry>;

  /**
   * Lays the parameters out one after the other, those that are not trained last.
   *
   * @throws {TypeError} if two have the same name
   * @throws {RangeError} if a weight decay is negative or not finite
   */
  constructor(specs: Iterable<readonly [name: string, spec: ParameterSpec]>) {
    let offset = 0, trainedLength = 0;
    const entries: ParameterEntry[] = [];
    const names = new Set<string>();
    const isTrained = ([, { trained = true }]: readonly [string, ParameterSpec]) => trained;
    const given = [...specs];
    const ordered = [...given.filter(isTrained), ...given.filter((spec) => !isTrained(spec))];
    for (const [name, { shape, initial, decay = 0, trained = true }] of ordered) {
      if (names.has(name)) {
        throw new TypeError(
          `Cannot lay out parameters: two are named "${name}"; give each layer a name of its own`,
        );
      }
      names.add(name);
      if (!(decay >= 0 && decay < Infinity)) {
        throw new RangeError(
          `Cannot lay out ${name}: needs a weight decay of at least 0, got ${decay}`,
        );
      }
      const size = sizeOf(shape);
      entries.push({ name, shape, offset, size, decay, initial });
      offset += Math.ceil(size / alignment) * alignment;
      if (trained) trainedLength = offset;
    }
    this.entries = entries;
    this.length = offset;
    this.trainedLength = trainedLength;
    this.#byName = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** The number of parameters, padding not counted. */
  get count(): number {
    return this.entries.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * The entry of a name.
   *
   * @throws {RangeError} if there is none
   */
  get(name: string): ParameterEntry {
    const entry = this.#byName.get(name);
    if (!entry) {
      throw new RangeError(
        `Cannot find parameter "${name}": the model has ${[...this.#byName.keys()].join(", ")}`,
      );
    }
    return entry;
  }

  /** One parameter's elements of an arena, not copied. */
  view(arena: Float32Array, name: string): Float32Array {
    const { offset, size } = this.get(name);
    return arena.subarray(offset, offset + size);
  }

  /**
   * Requires a `Float32Array` as long as the arena.
   *
   * @param doing what it is needed for, to follow "Cannot"
   * @throws {ShapeError} if it is longer or shorter, or, where types do not tell, another kind of array
   */
  requireArena(arena: Float32Array, doing: string): void {
    if (!(arena instanceof Float32Array)) {
      const got = (arena as object | undefined)?.constructor?.name ?? arena;
      throw new ShapeError(`Cannot ${doing}: needs parameters in a Float32Array, got ${got}`);
    }
    if (arena.length === this.length) return;
    throw new ShapeError(
      `Cannot ${doing}: needs an arena of ${this.length} parameters, got ${arena.length}`,
    );
  }

  /**
   * The name of the first parameter with a number in an arena that is not finite. ReLU and pooling may take
   * NaN for 0, so the loss does not tell.
   */
  firstNotFinite(arena: Float32Array): string | undefined {
    const isBad = (value: number) => !Number.isFinite(value);
    return this.entries.find(({ name }) => this.view(arena, name).some(isBad))?.name;
  }

  /** A new arena with first values; each parameter has a stream of its own, named after it. */
  initialize(rng: Rng): Float32Array {
    const arena = new Float32Array(this.length);
    for (const { name, initial } of this.entries) initial(this.view(arena, name), rng.split(name));
    return arena;
  }
}

/**
 * All elements the same.
 *
 * @example
 * ```ts
 * import { constantInitializer, Rng } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const biases = new Float32Array(3);
 * constantInitializer(0.5)(biases, Rng.from(1));
 * assertEquals([...biases], [0.5, 0.5, 0.5]);
 * ```
 */
export function constantInitializer(value: number): Initializer {
  return (values) => void values.fill(value);
}

/**
 * Normal with mean 0 and the given deviation, redrawn beyond two deviations.
 *
 * @throws {RangeError} if the deviation is negative or not finite
 *
 * @example
 * ```ts
 * import { Rng, truncatedNormalInitializer } from "@tower/nn";
 * import { assert } from "@std/assert";
 *
 * const weights = new Float32Array(100);
 * truncatedNormalInitializer(0.05)(weights, Rng.from(1));
 * assert(weights.every((w) => Math.abs(w) <= 0.1));
 * ```
 */
export function truncatedNormalInitializer(deviation: number): Initializer {
  if (!(deviation >= 0 && deviation < Infinity)) {
    throw new RangeError(
      `Cannot draw first values: needs a deviation of at least 0, got ${deviation}`,
    );
  }
  return (values, rng) => {
    for (let i = 0; i < values.length; i++) values[i] = deviation * rng.truncatedNormal();
  };
}
