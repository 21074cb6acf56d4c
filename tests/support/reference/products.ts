/** What convolution and dense layers share: sums of products of inputs and weights. */
import { type Array64, map, type Reference, zeros } from "./array.ts";
import { relu } from "./elementwise.ts";

/** Inputs, weights and biases. */
export interface Weighted {
  readonly x: Array64;
  readonly w: Array64;
  /** One for each element of the result's last axes, as many as it has; left out, it is zero. */
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
  const biases = b ?? zeros(shape.slice(-1));
  const count = biases.data.length;
  const sums = map(zeros(shape), (_, index) => biases.data[index % count]);
  products((yi, xi, wi) => sums.data[yi] += x.data[xi] * w.data[wi]);
  const activated = activation === "relu" ? relu(sums) : undefined;
  return {
    y: activated?.y ?? sums,
    pullback(dActivated) {
      const dy = activated?.pullback(dActivated).x ?? dActivated;
      const dx = zeros(x.shape), dw = zeros(w.shape), db = zeros(biases.shape);
      products((yi, xi, wi) => {
        dx.data[xi] += dy.data[yi] * w.data[wi];
        dw.data[wi] += dy.data[yi] * x.data[xi];
      });
      dy.data.forEach((value, index) => db.data[index % count] += value);
      return { x: dx, w: dw, b: db };
    },
  };
}
