/**
 * Optimizers as plain data: how gradients `g` change parameters `p`, at the learning rate η. They are what a
 * run's configuration keeps; the adapter and host memory have one loop for each.
 *
 * @module
 */
import { type Optimizer, optimizerKinds, slotsOf } from "../../kernels/update.wgsl.ts";

export { type Optimizer, optimizerKinds, slotsOf };

/**
 * `p ← p − η g`.
 *
 * @example
 * ```ts
 * import { gradientDescent } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gradientDescent(), { kind: "gradient-descent" }); // what a recipe has by default
 * ```
 */
export function gradientDescent(): Optimizer {
  return { kind: "gradient-descent" };
}

/** Options of {@linkcode momentum}. */
export interface MomentumOptions {
  /** μ, in [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** Whether to look ahead, as Nesterov does. Default false. */
  readonly nesterov?: boolean;
}

/**
 * `b ← μ b + g`, then `p ← p − η b`, or with Nesterov's look ahead `p ← p − η (g + μ b)`. `b` starts at 0.
 * As PyTorch's `SGD`, with η outside of `b`.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum" (2013).
 *
 * @throws {RangeError} if μ is not in [0, 1)
 *
 * @example
 * ```ts
 * import { momentum } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const recipe = { learningRate: 0.01, optimizer: momentum({ nesterov: true }) }; // for train
 * assertEquals(recipe.optimizer, { kind: "momentum", momentum: 0.9, nesterov: true });
 * ```
 */
export function momentum({ momentum = 0.9, nesterov = false }: MomentumOptions = {}): Optimizer {
  return { kind: "momentum", momentum: share("momentum", momentum), nesterov };
}

/** Options of {@linkcode adam} and {@linkcode adamW}. */
export interface AdamOptions {
  /** β₁, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** β₂, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** ε, positive. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, then
 * `p ← p − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)` at the `t`-th step, counted from 1. As PyTorch's `Adam`.
 *
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
 *
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { adam } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const recipe = { learningRate: 0.001, optimizer: adam({ beta2: 0.99 }) }; // for train
 * assertEquals(recipe.optimizer, { kind: "adam", beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 });
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamOf(options, 0);
}

/**
 * {@linkcode adam} after `p ← p − η λ p` for all trained parameters, biases too, as PyTorch's `AdamW` has it.
 * Unlike the L2 terms of layers it is no part of the loss.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
 *
 * @param options λ is `decay`, default 0.01
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { adamW } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = adamW({ decay: 0.05 });
 * assertEquals(optimizer.kind === "adam" && optimizer.decay, 0.05);
 * ```
 */
export function adamW(options: AdamOptions & { readonly decay?: number } = {}): Optimizer {
  const { decay = 0.01 } = options;
  if (!(decay >= 0)) throw new RangeError(`Cannot use a decay of ${decay}: needs at least 0`);
  return adamOf(options, decay);
}

function adamOf(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
  decay: number,
): Optimizer {
  const [one, two] = [share("beta1", beta1), share("beta2", beta2)];
  return { kind: "adam", beta1: one, beta2: two, epsilon: positive(epsilon), decay };
}

/** Options of {@linkcode rmsProp}. */
export interface RmsPropOptions {
  /** α, in [0, 1). Default 0.99. */
  readonly decay?: number;
  /** ε, positive. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * `v ← α v + (1 − α) g²`, then `p ← p − η g / (√v + ε)`. As PyTorch's `RMSprop`; TensorFlow has ε under the root.
 *
 * Source: Tieleman and Hinton, "Lecture 6.5: rmsprop" (2012).
 *
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { rmsProp } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(rmsProp(), { kind: "rms-prop", decay: 0.99, epsilon: 1e-8 });
 * ```
 */
export function rmsProp({ decay = 0.99, epsilon = 1e-8 }: RmsPropOptions = {}): Optimizer {
  return { kind: "rms-prop", decay: share("decay", decay), epsilon: positive(epsilon) };
}

/**
 * An optimizer that was written down as plain data, as its function makes it: its numbers are looked at, and
 * those that are missing are the default ones.
 *
 * @throws {RangeError} if a number is out of its range
 *
 * @example
 * ```ts
 * import { completeOptimizer, momentum } from "@tower/nn/optim";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(completeOptimizer({ kind: "momentum" }), momentum());
 * assertThrows(() => completeOptimizer({ kind: "momentum", momentum: 2 }), RangeError);
 * ```
 */
export function completeOptimizer(given: Pick<Optimizer, "kind"> & Partial<Optimizer>): Optimizer {
  switch (given.kind) {
    case "gradient-descent":
      return gradientDescent();
    case "momentum":
      return momentum(given);
    case "adam":
      return adamW({ ...given, decay: given.decay ?? 0 });
    case "rms-prop":
      return rmsProp(given);
  }
}

/**
 * What Adam multiplies its averages by at a step, as they start at 0: `1 / (1 − β₁ᵗ)`, `1 / √(1 − β₂ᵗ)`.
 *
 * @example
 * ```ts
 * import { adam, biasCorrectionsAt } from "@tower/nn/optim";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const [ofMean, ofRoot] = biasCorrectionsAt(adam(), 0);
 * assertAlmostEquals(ofMean, 10);
 * assertAlmostEquals(ofRoot, 1 / Math.sqrt(0.001));
 * ```
 */
export function biasCorrectionsAt(optimizer: Optimizer, step: number): readonly [number, number] {
  if (optimizer.kind !== "adam") return [1, 1];
  const t = step + 1;
  return [1 / (1 - optimizer.beta1 ** t), 1 / Math.sqrt(1 - optimizer.beta2 ** t)];
}

function share(name: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new RangeError(`Cannot use a ${name} of ${value}: needs at least 0 and below 1`);
}

function positive(epsilon: number): number {
  if (epsilon > 0) return epsilon;
  throw new RangeError(`Cannot use an epsilon of ${epsilon}: needs more than 0`);
}
