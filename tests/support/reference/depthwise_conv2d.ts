/** Convolution of each channel by itself. */
import type { Reference } from "./array.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { sumProducts, type Weighted } from "./products.ts";
import { windows } from "./windows.ts";

/**
 * `y[n,oh,ow,i·M+m] = b[i·M+m] + Σ_{kh,kw} x[n, oh·SH + kh − top, ow·SW + kw − left, i] · w[kh,kw,i,m]`, where
 * cells outside the picture count as zero.
 */
export function depthwiseConv2d(
  weighted: Weighted,
  { strides = [1, 1], padding, activation }: Conv2dOptions,
): Reference<"x" | "w" | "b"> {
  const [N, H, W, I] = weighted.x.shape;
  const [KH, KW, , M] = weighted.w.shape;
  const places = windows([N, H, W], { window: [KH, KW], strides, padding });
  return sumProducts(weighted, {
    shape: [...places.shape, I * M],
    activation,
    products(visitor) {
      places.visit((place, pixel, cell) => {
        for (let o = 0; o < I * M; o++) {
          visitor(place * I * M + o, pixel * I + Math.floor(o / M), cell * I * M + o);
        }
      });
    },
  });
}
