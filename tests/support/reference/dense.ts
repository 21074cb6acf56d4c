/** Fully connected layer. */
import type { Reference } from "./array.ts";
import { sumProducts, type Weighted } from "./products.ts";

/** `y[n,o] = b[o] + Σ_i x[n,i] · w[i,o]`. */
export function dense(
  weighted: Weighted,
  { activation }: { readonly activation?: "relu" } = {},
): Reference<"x" | "w" | "b"> {
  const [N, I] = weighted.x.shape;
  const [, O] = weighted.w.shape;
  return sumProducts(weighted, {
    shape: [N, O],
    activation,
    products(visitor) {
      for (let n = 0; n < N; n++) {
        for (let i = 0; i < I; i++) {
          for (let o = 0; o < O; o++) visitor(n * O + o, n * I + i, i * O + o);
        }
      }
    },
  });
}
