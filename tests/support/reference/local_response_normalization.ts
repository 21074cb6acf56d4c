/** Local response normalization. */
import { type Array64, map, type Reference } from "./array.ts";

/** The constants of the normalization; `radius` is in channels. */
export interface NormalizationOptions {
  readonly radius: number;
  readonly bias: number;
  /** Not divided by the number of channels in the window. */
  readonly alpha: number;
  readonly beta: number;
}

/**
 * `y_i = x_i · s_i^−β` with `s_i = bias + α Σ_{|j−i|≤radius} x_j²` over the last axis, and
 * `dx_i = dy_i · s_i^−β − 2αβ · x_i · Σ_{|j−i|≤radius} dy_j · x_j · s_j^−(β+1)`.
 */
export function localResponseNormalization(
  x: Array64,
  { radius, bias, alpha, beta }: NormalizationOptions,
): Reference<"x"> {
  const C = x.shape[x.shape.length - 1];

  /** `Σ term(j)` over the channels around that of element `index`. */
  function sumAround(index: number, term: (j: number) => number): number {
    const channel = index % C;
    let sum = 0;
    for (let c = Math.max(0, channel - radius); c <= Math.min(C - 1, channel + radius); c++) {
      sum += term(index - channel + c);
    }
    return sum;
  }

  const s = map(x, (_, i) => bias + alpha * sumAround(i, (j) => x.data[j] ** 2)).data;
  return {
    y: map(x, (value, i) => value * s[i] ** -beta),
    pullback: (dy) => ({
      x: map(x, (value, i) => {
        const others = sumAround(i, (j) => dy.data[j] * x.data[j] * s[j] ** -(beta + 1));
        return dy.data[i] * s[i] ** -beta - 2 * alpha * beta * value * others;
      }),
    }),
  };
}
