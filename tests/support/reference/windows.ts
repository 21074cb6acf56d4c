/** Sliding windows, for convolution and pooling. */
import type { Padding } from "../../../lib/shape.ts";

/** How a window of `[height, width]` cells slides over a picture. */
export interface WindowOptions {
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

/** The places of a window on `N` pictures. */
export interface Windows {
  /** `[N, OH, OW]`. */
  readonly shape: readonly [number, number, number];
  /**
   * Calls back for each cell of each place that lies inside the picture: place by place, and in each
   * row by row. All three arguments are indices over flattened pixels or cells.
   */
  visit(visitor: (place: number, pixel: number, cell: number) => void): void;
}

/** Where the windows lie on pictures of `[N, H, W]` pixels. */
export function windows(
  [N, H, W]: readonly [number, number, number],
  { window: [KH, KW], strides: [SH, SW], padding }: WindowOptions,
): Windows {
  const [top, OH] = alongAxis(H, KH, SH, typeof padding === "string" ? padding : padding[0]);
  const [left, OW] = alongAxis(W, KW, SW, typeof padding === "string" ? padding : padding[1]);
  return {
    shape: [N, OH, OW],
    visit(visitor) {
      for (let n = 0; n < N; n++) {
        for (let oh = 0; oh < OH; oh++) {
          for (let ow = 0; ow < OW; ow++) {
            for (let kh = 0; kh < KH; kh++) {
              for (let kw = 0; kw < KW; kw++) {
                const h = oh * SH + kh - top;
                const w = ow * SW + kw - left;
                if (h < 0 || h >= H || w < 0 || w >= W) continue;
                visitor((n * OH + oh) * OW + ow, (n * H + h) * W + w, kh * KW + kw);
              }
            }
          }
        }
      }
    },
  };
}

/** Cells of padding before, and the number of places. */
function alongAxis(
  size: number,
  window: number,
  stride: number,
  padding: "SAME" | "VALID" | readonly [before: number, after: number],
): [before: number, places: number] {
  if (padding === "SAME") {
    const places = Math.ceil(size / stride);
    const total = Math.max(0, (places - 1) * stride + window - size);
    return [Math.floor(total / 2), places]; // the odd cell goes after
  }
  const [before, after] = padding === "VALID" ? [0, 0] : padding;
  return [before, Math.floor((before + size + after - window) / stride) + 1];
}
