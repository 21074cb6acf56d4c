/**
 * Pictures as the planes that records hold.
 *
 * @module
 */

import type { RecordFormat } from "./dataset.ts";
import { type Picture, requireBytes } from "../picture.ts";

/**
 * The planes (`C H W`, as in records) of a picture whose channels lie side by side (`H W C`).
 *
 * @throws {RangeError} if it has not as many bytes as its sizes say
 *
 * @example
 * ```ts
 * import { planesOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(1, 2, 3, 11, 12, 13); // two pixels of red, green and blue
 * assertEquals([...planesOf({ height: 1, width: 2, channels: 3, bytes })], [1, 11, 2, 12, 3, 13]);
 * ```
 */
export function planesOf(picture: Picture): Uint8Array<ArrayBuffer> {
  requireBytes(picture, "make planes of a picture");
  const { height, width, channels, bytes } = picture;
  const plane = height * width;
  const planes = new Uint8Array(channels * plane);
  for (let c = 0, to = 0; c < channels; c++) {
    for (let from = c; to < (c + 1) * plane; from += channels) planes[to++] = bytes[from];
  }
  return planes;
}

/** The planes of a picture whose planes are column after column (`C W H`), as MATLAB keeps them. */
export function planesOfColumns(
  columns: Uint8Array,
  { height, width, channels }: Pick<RecordFormat, "height" | "width" | "channels">,
): Uint8Array<ArrayBuffer> {
  const planes = new Uint8Array(channels * height * width);
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let h = 0; h < height; h++) {
      for (let from = c * height * width + h, w = 0; w < width; w++, from += height) {
        planes[to++] = columns[from];
      }
    }
  }
  return planes;
}
