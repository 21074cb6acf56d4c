/**
 * Numbers as pictures to look at.
 *
 * @module
 */
import type { PngPicture } from "./png.ts";

/**
 * A picture of numbers around zero: zero is 127 and the largest magnitude reaches the end of the scale,
 * as TensorFlow's image summaries do it; numbers that are all at least 0 are scaled to 255.
 *
 * @param values `H W C`
 */
export function scaledPicture(
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): PngPicture {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  const signed = low < 0;
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const [scale, zero] = signed ? [127 / most, 128] : [255 / most, 0];
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Math.round(values[i] * scale + zero);
  return { height, width, channels: channelsOf(channels), bytes };
}

/**
 * Filters of a convolution as one picture, in a grid with a line of one pixel between them. All share
 * one scale, and each of their pixels is drawn as `zoom × zoom`.
 *
 * @param weights `KH KW I O`, with `I` of 1 or 3
 */
export function filterGrid(
  weights: Float32Array,
  { shape: [KH, KW, I, O], zoom = 2 }: {
    shape: readonly [number, number, number, number];
    zoom?: number;
  },
): PngPicture {
  const columns = Math.ceil(Math.sqrt(O)), rows = Math.ceil(O / columns);
  const [cellHeight, cellWidth] = [KH * zoom + 1, KW * zoom + 1];
  const [height, width] = [rows * cellHeight - 1, columns * cellWidth - 1];
  const channels = channelsOf(I);
  const bytes = new Uint8Array(height * width * channels).fill(255);
  const { bytes: scaled } = scaledPicture(weights, [KH * KW, O, I]);
  for (let o = 0; o < O; o++) {
    const top = Math.floor(o / columns) * cellHeight, left = o % columns * cellWidth;
    for (let h = 0; h < KH * zoom; h++) {
      for (let w = 0; w < KW * zoom; w++) {
        const tap = Math.floor(h / zoom) * KW + Math.floor(w / zoom);
        for (let i = 0; i < I; i++) {
          bytes[((top + h) * width + left + w) * channels + i] = scaled[(tap * I + i) * O + o];
        }
      }
    }
  }
  return { height, width, channels, bytes };
}

/**
 * Pictures in rows, with a white line of `gap` pixels around each, every pixel drawn as `zoom × zoom`.
 *
 * @throws {RangeError} if they are not all of one size, or there are none
 *
 * @example
 * ```ts
 * import { contactSheet } from "@tower/nn/summary";
 * import { assertEquals } from "@std/assert";
 *
 * const black = { height: 4, width: 4, channels: 1, bytes: new Uint8Array(16) } as const;
 * const { height, width } = contactSheet([black, black, black], { columns: 2 });
 * assertEquals([height, width], [14, 14]); // two rows of two, a line of 2 around each
 * ```
 */
export function contactSheet(
  pictures: readonly PngPicture[],
  { columns = 8, gap = 2, zoom = 1 }: { columns?: number; gap?: number; zoom?: number } = {},
): PngPicture {
  const [first] = pictures;
  if (!first || pictures.some((other) => sizesOf(other) !== sizesOf(first))) {
    throw new RangeError(
      `Cannot make a sheet: needs pictures of one size, got ${
        [...new Set(pictures.map(sizesOf))].join(", ") || "none"
      }`,
    );
  }
  const { channels } = first;
  const [cellHeight, cellWidth] = [first.height * zoom + gap, first.width * zoom + gap];
  const across = Math.min(columns, pictures.length);
  const [height, width] = [
    Math.ceil(pictures.length / across) * cellHeight + gap,
    across * cellWidth + gap,
  ];
  const sheet = whitePicture([height, width, channels]);
  pictures.forEach((picture, n) => {
    const top = Math.floor(n / across) * cellHeight + gap, left = n % across * cellWidth + gap;
    drawPicture(sheet, picture, { top, left, zoom });
  });
  return sheet;
}

/** A picture that is all white. */
export function whitePicture(
  [height, width, channels]: readonly [number, number, number],
): PngPicture {
  const bytes = new Uint8Array(height * width * channels).fill(255);
  return { height, width, channels: channelsOf(channels), bytes };
}

/**
 * Draws a picture into a larger one, from `top` and `left` on, every pixel as `zoom × zoom`; a grey one
 * into colours too.
 *
 * @throws {RangeError} if it does not lie within the larger one
 */
export function drawPicture(
  into: PngPicture,
  picture: PngPicture,
  { top, left, zoom = 1 }: { top: number; left: number; zoom?: number },
): void {
  const [bottom, right] = [top + picture.height * zoom, left + picture.width * zoom];
  if (top < 0 || left < 0 || bottom > into.height || right > into.width) {
    throw new RangeError(
      `Cannot draw a picture: needs ${bottom}×${right} pixels, got ${into.height}×${into.width}`,
    );
  }
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [h, w] = [Math.floor((y - top) / zoom), Math.floor((x - left) / zoom)];
      const from = (h * picture.width + w) * picture.channels;
      const to = (y * into.width + x) * into.channels;
      for (let c = 0; c < into.channels; c++) {
        into.bytes[to + c] = picture.bytes[from + Math.min(c, picture.channels - 1)];
      }
    }
  }
}

/** A stored picture, `C H W`, as one to show. */
export function pictureOfPlanes(
  planes: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
): PngPicture {
  const size = height * width;
  const bytes = Uint8Array.from(
    { length: size * channels },
    (_, i) => planes[i % channels * size + Math.floor(i / channels)],
  );
  return { height, width, channels: channelsOf(channels), bytes };
}

function sizesOf({ height, width, channels }: PngPicture): string {
  return `${height}×${width}×${channels}`;
}

function channelsOf(channels: number): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new RangeError(`Cannot show ${channels} channels: needs 1 or 3`);
}
