/**
 * Smooth and leaky activations, element by element, with their derivatives.
 *
 * @module
 */
import { elementwise } from "./elementwise.wgsl.ts";
import { f32, type Kernel, wgsl } from "./kernel.ts";

/** A function of one number, and which one of its family. */
export type Activation =
  | { readonly kind: "leaky_relu"; readonly slope: number }
  | { readonly kind: "gelu" | "sigmoid" | "tanh" };

/** WGSL of a function and its derivative, in terms of `v`, four numbers. */
interface Expressions {
  /** What both need to have declared. */
  readonly functions?: string;
  /** Its value at `v`. */
  readonly value: string;
  /** Its derivative at `v`. */
  readonly slope: string;
}

/** Exponents are never positive, so nothing overflows. */
const logistic = wgsl`
fn logistic(v: vec4f) -> vec4f {
  let small = exp(-abs(v));
  return select(small, vec4f(1f), v >= vec4f(0f)) / (1f + small);
}`;

/** A series where `1 − e^(−2|v|)` would cancel; its next term is 5e-8 of the value. */
const hyperbolicTangent = wgsl`
fn hyperbolic_tangent(v: vec4f) -> vec4f {
  let small = exp(-2f * abs(v));
  let s = v * v;
  let near = v * (1f + s * (-1f / 3f + s * (2f / 15f + s * (-17f / 315f + s * 62f / 2835f))));
  return select(sign(v) * (1f - small) / (1f + small), near, abs(v) < vec4f(0.3f));
}`;

/**
 * `Φ(−z)` for `z ≥ 0` to 1.2e-7 of its value, so that the tail keeps its digits.
 *
 * Source: Press et al., "Numerical recipes in C", second edition (1992), section 6.2, `erfcc`.
 */
const normalTail = wgsl`
fn normal_tail(z: vec4f) -> vec4f {
  let a = z * ${f32(Math.SQRT1_2)};
  let t = 1f / (1f + 0.5f * a);
  let low = 0.27886807f + t * (-1.13520398f + t * (1.48851587f + t * (-0.82215223f + t * 0.17087277f)));
  let high = 1.00002368f + t * (0.37409196f + t * (0.09678418f + t * (-0.18628806f + t * low)));
  return 0.5f * t * exp(-a * a - 1.26551223f + t * high);
}`;

function expressionsOf(activation: Activation): Expressions {
  switch (activation.kind) {
    case "leaky_relu": {
      const slope = `vec4f(${f32(activation.slope)})`;
      return {
        value: `select(${slope} * v, v, v > vec4f(0f))`,
        slope: `select(${slope}, vec4f(1f), v > vec4f(0f))`,
      };
    }
    case "sigmoid":
      return { functions: logistic, value: "logistic(v)", slope: "logistic(v) * logistic(-v)" };
    case "tanh":
      // 1 − tanh² would cancel.
      return {
        functions: `${logistic}${hyperbolicTangent}`,
        value: "hyperbolic_tangent(v)",
        slope: "4f * logistic(2f * v) * logistic(-2f * v)",
      };
    case "gelu": {
      // Beyond 15 deviations the tail is no number any more, and squares must stay ones.
      const z = "min(abs(v), vec4f(15f))";
      const below = `normal_tail(${z})`;
      const density = `${f32(1 / Math.sqrt(2 * Math.PI))} * exp(-0.5f * ${z} * ${z})`;
      return {
        functions: normalTail,
        value: `max(v, vec4f(0f)) - abs(v) * ${below}`,
        slope: `select(${below}, 1f - ${below}, v > vec4f(0f)) + v * ${density}`,
      };
    }
  }
}

/** `y = f(x)`. */
export function activationForward(size: number, activation: Activation): Kernel {
  const { functions, value } = expressionsOf(activation);
  const statement = `let v = vec4f(x[i]);
  y[i] = vec4<real>(${value});`;
  return elementwise(`${activation.kind}_forward`, size, ["x", "y"], statement, functions);
}

/** `dx = dy · f′(x)`. */
export function activationGradient(size: number, activation: Activation): Kernel {
  const { functions, slope } = expressionsOf(activation);
  const statement = `let v = vec4f(x[i]);
  dx[i] = vec4<real>(vec4f(dy[i]) * (${slope}));`;
  return elementwise(`${activation.kind}_gradient`, size, ["x", "dy", "dx"], statement, functions);
}
