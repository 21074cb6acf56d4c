/** Activations other than ReLU. */
import { type Array64, map, type Reference } from "./array.ts";

/** `y = x` where `x > 0`, else `slope · x`; the gradient at 0 is that of what is below. */
export function leakyRelu(x: Array64, { slope }: { slope: number }): Reference<"x"> {
  return pointwise(x, (v) => v > 0 ? v : slope * v, (v) => v > 0 ? 1 : slope);
}

/** `y = 1 / (1 + e^−x)`. */
export function sigmoid(x: Array64): Reference<"x"> {
  const value = (v: number) => 1 / (1 + Math.exp(-v));
  return pointwise(x, value, (v) => value(v) * value(-v));
}

/** `y = tanh x`. */
export function tanh(x: Array64): Reference<"x"> {
  return pointwise(x, Math.tanh, (v) => Math.cosh(v) ** -2);
}

/** `y = x Φ(x)`, with the distribution function of the normal distribution. */
export function gelu(x: Array64): Reference<"x"> {
  const distribution = (v: number) => (1 + erf(v / Math.SQRT2)) / 2;
  const density = (v: number) => Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
  return pointwise(x, (v) => v * distribution(v), (v) => distribution(v) + v * density(v));
}

/** `erf(x) = 2/√π · e^−x² · Σ_n 2ⁿ x²ⁿ⁺¹ / (2n+1)!!`, whose terms are all of one sign. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 300; n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

function pointwise(
  x: Array64,
  value: (v: number) => number,
  slope: (v: number) => number,
): Reference<"x"> {
  return {
    y: map(x, value),
    pullback: (dy) => ({ x: map(dy, (d, i) => d * slope(x.data[i])) }),
  };
}
