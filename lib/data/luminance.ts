/**
 * Pictures in grey.
 *
 * @module
 */
import type { Picture } from "../picture.ts";

/**
 * A picture in grey: `0.299 R + 0.587 G + 0.114 B`, rounded, so that one that is grey stays as it is.
 *
 * Source: https://www.itu.int/rec/R-REC-BT.601, section 2.5.1
 */
export function luminanceOf({ height, width, bytes }: Picture<3>): Picture<1> {
  const grey = Uint8Array.from({ length: height * width }, (_, i) => {
    const [red, green, blue] = bytes.subarray(3 * i, 3 * i + 3);
    return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  });
  return { height, width, channels: 1, bytes: grey };
}
