/**
 * Activations besides ReLU: leaky ReLU, GELU, sigmoid, tanh.
 *
 * @module
 */
import {
  type Activation,
  activationForward,
  activationGradient,
} from "../../kernels/activations.wgsl.ts";
import { type Layout, type Shape, ShapeError, sizeOf } from "../shape.ts";
import type { Layer } from "./layer.ts";

/** Options of activations. */
export interface ActivationOptions {
  /** Its name in the model. Default: its kind. */
  readonly name?: string;
}

/** Options of {@linkcode leakyRelu}. */
export interface LeakyReluOptions extends ActivationOptions {
  /** α, what negative numbers are multiplied by; at least 0. Default 0.01. */
  readonly slope?: number;
}

/**
 * `y = x where x > 0, else α x`, on a tensor of any layout; `dx = dy where x > 0, else α dy`.
 *
 * Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
 *
 * @throws {ShapeError} if the slope is not a number of at least 0
 *
 * @example
 * ```ts
 * import { leakyRelu } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(leakyRelu("NC", { slope: 0.2 }).outputShape([8, 10]), [8, 10]);
 * ```
 */
export function leakyRelu<L extends Layout>(
  layout: L,
  options: LeakyReluOptions = {},
): Layer<L, L> {
  const { name = "leaky_relu", slope = 0.01 } = options;
  if (!(slope >= 0 && slope < Infinity)) {
    throw new ShapeError(`Cannot build ${name}: needs a slope of at least 0, got ${slope}`);
  }
  return {
    ...activationOf(layout, name, { kind: "leaky_relu", slope }),
    attributes: () => ({ slope }),
  };
}

/**
 * The Gaussian error linear unit in its exact form, `y = x Φ(x)` with `Φ(x) = ½ (1 + erf(x / √2))`, on
 * a tensor of any layout; `dx = dy (Φ(x) + x φ(x))` with `φ(x) = exp(−x² / 2) / √(2π)`. The form with
 * tanh differs from it by up to 5e-4.
 *
 * Source: Hendrycks, Gimpel, "Gaussian error linear units" (2016).
 *
 * @example
 * ```ts
 * import { gelu } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gelu("NHWC").outputShape([8, 6, 6, 64]), [8, 6, 6, 64]);
 * ```
 */
export function gelu<L extends Layout>(layout: L, options: ActivationOptions = {}): Layer<L, L> {
  return activationOf(layout, options.name ?? "gelu", { kind: "gelu" });
}

/**
 * `y = σ(x) = 1 / (1 + exp(−x))`, on a tensor of any layout; `dx = dy σ(x) σ(−x)`.
 *
 * @example
 * ```ts
 * import { sigmoid } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sigmoid("NC").outputShape([8, 10]), [8, 10]);
 * ```
 */
export function sigmoid<L extends Layout>(layout: L, options: ActivationOptions = {}): Layer<L, L> {
  return activationOf(layout, options.name ?? "sigmoid", { kind: "sigmoid" });
}

/**
 * `y = tanh x = (e^x − e^−x) / (e^x + e^−x)`, on a tensor of any layout; `dx = dy (1 − tanh² x)`.
 *
 * @example
 * ```ts
 * import { tanh } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tanh("NC").outputShape([8, 10]), [8, 10]);
 * ```
 */
export function tanh<L extends Layout>(layout: L, options: ActivationOptions = {}): Layer<L, L> {
  return activationOf(layout, options.name ?? "tanh", { kind: "tanh" });
}

function activationOf<L extends Layout>(
  layout: L,
  name: string,
  activation: Activation,
): Layer<L, L> {
  return {
    name,
    kind: activation.kind,
    input: layout,
    output: layout,
    outputShape: (x) => x,
    parameters: () => ({}),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const size = sizeOf(x.shape);
      const y = record.activation<Shape<L>>(x.shape, "y");
      record.dispatch(activationForward(size, activation), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation<Shape<L>>(x.shape, "dx");
          // From x, not y: where y is stored in 16 bits, 1 − y has lost its digits.
          record.dispatch(activationGradient(size, activation), { x, dy, dx });
          return dx;
        },
      };
    },
  };
}
