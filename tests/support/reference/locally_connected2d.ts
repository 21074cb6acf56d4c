/** Convolution whose filters are not shared between places. */
import type { Reference } from "./array.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { sumProducts, type Weighted } from "./products.ts";
import { windows } from "./windows.ts";

/**
 * `y[n,oh,ow,o] = b[oh,ow,o] + Σ_{kh,kw,i} x[n, oh·SH + kh − top, ow·SW + kw − left, i] · w[oh,ow,kh,kw,i,o]`,
 * where cells outside the picture count as zero.
 */
export function locallyConnected2d(
  weighted: Weighted,
  { strides = [1, 1], padding, activation }: Conv2dOptions,
): Reference<"x" | "w" | "b"> {
  const [N, H, W, I] = weighted.x.shape;
  const [OH, OW, KH, KW, , O] = weighted.w.shape;
  const places = windows([N, H, W], { window: [KH, KW], strides, padding });
  return sumProducts(weighted, {
    shape: [...places.shape, O],
    activation,
    products(visitor) {
      places.visit((place, pixel, cell) => {
        const filters = place % (OH * OW) * KH * KW + cell;
        for (let i = 0; i < I; i++) {
          for (let o = 0; o < O; o++) {
            visitor(place * O + o, pixel * I + i, (filters * I + i) * O + o);
          }
        }
      });
    },
  });
}
