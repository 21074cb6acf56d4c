/** Convolution. */
import type { Padding } from "../../../lib/shape.ts";
import type { Reference } from "./array.ts";
import { sumProducts, type Weighted } from "./products.ts";
import { windows } from "./windows.ts";

/** How the kernel slides, and what its sums go through. */
export interface Conv2dOptions {
  /** `[vertical, horizontal]`; by default `[1, 1]`. */
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
  readonly activation?: "relu";
}

/**
 * `y[n,oh,ow,o] = b[o] + Σ_{kh,kw,i} x[n, oh·SH + kh − top, ow·SW + kw − left, i] · w[kh,kw,i,o]`, where
 * cells outside the picture count as zero. `x` is NHWC, `w` is HWIO.
 */
export function conv2d(
  weighted: Weighted,
  { strides = [1, 1], padding, activation }: Conv2dOptions,
): Reference<"x" | "w" | "b"> {
  const [N, H, W, I] = weighted.x.shape;
  const [KH, KW, , O] = weighted.w.shape;
  const places = windows([N, H, W], { window: [KH, KW], strides, padding });
  return sumProducts(weighted, {
    shape: [...places.shape, O],
    activation,
    products(visitor) {
      places.visit((place, pixel, cell) => {
        for (let i = 0; i < I; i++) {
          for (let o = 0; o < O; o++) visitor(place * O + o, pixel * I + i, (cell * I + i) * O + o);
        }
      });
    },
  });
}
