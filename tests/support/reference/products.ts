/** What convolution and dense layers share: sums of products of inputs and weights. */
import { type Array64, map, type Reference, zeros } from "./array.ts";
import { relu } from "./elementwise.ts";

/** Inputs, weights and biases. */
export interface Weighted {
  readonly x: Array64;
  readonly w: Array64;
  /** One for each element of the last axis; left out, it is zero. */
  readonly b?: Array64;
}

/** Which products make which sums. */
export interface ProductsOptions {
  /** Of the result. */
  readonly shape: readonly number[];
  /** Visits every product that is summed, by the indices of its result and its two factors. */
  readonly products: (visitor: (y: number, x: number, w: number) => void) => void;
  /** What the sums go through. */
  readonly activation?: "relu";
}

/** `y = b + Σ x · w` over the products, through the activation. */
export function sumProducts(
  { x, w, b }: Weighted,
  { shape, products, activation }: ProductsOptions,
): Reference<"x" | "w" | "b"> {
  const O = shape[shape.length - 1];
  const sums = map(zeros(shape), (_, index) => b?.data[index % O] ?? 0);
  products((yi, xi, wi) => sums.data[yi] += x.data[xi] * w.data[wi]);
  const activated = activation === "relu" ? relu(sums) : undefined;
  return {
    y: activated?.y ?? sums,
    pullback(dActivated) {
      const dy = activated?.pullback(dActivated).x ?? dActivated;
      const dx = zeros(x.shape), dw = zeros(w.shape), db = zeros([O]);
      products((yi, xi, wi) => {
        dx.data[xi] += dy.data[yi] * w.data[wi];
        dw.data[wi] += dy.data[yi] * x.data[xi];
      });
      dy.data.forEach((value, index) => db.data[index % O] += value);
      return { x: dx, w: dw, b: db };
    },
  };
}
