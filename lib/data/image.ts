/**
 * Pictures of any size out of PNG and JPEG files, and in the size that a model takes.
 *
 * @module
 */

import { decode as decodeJpeg } from "jpeg-js";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { type Picture, requireBytes } from "../picture.ts";
import { DataError } from "./dataset.ts";
import { orientationOfJpeg, orientationOfPng } from "./exif.ts";
import { completeJpeg } from "./jpeg_bounds.ts";
import { checkPng } from "./png_bounds.ts";

/** A larger picture is refused before memory is taken for it. */
const MEGAPIXELS = 100;

/**
 * Decodes a PNG or JPEG file, told apart by their first bytes. Grey becomes colour, transparency
 * becomes white, 16 bits become 8, and a photograph is turned upright as its Exif orientation says.
 *
 * @param name What messages call it, such as the file's path.
 * @throws {DataError} if it is another kind of file, damaged, or of more than 100 million pixels
 *
 * @example
 * ```ts
 * import { decodeImage, encodePng } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const grey = { height: 1, width: 2, channels: 1, bytes: Uint8Array.of(0, 255) } as const;
 * const file = await encodePng(grey); // or await Deno.readFile("cat.jpg")
 * assertEquals([...decodeImage(file).bytes], [0, 0, 0, 255, 255, 255]);
 * ```
 */
export function decodeImage(bytes: Uint8Array, name = "the picture"): Picture<3> {
  const refuse = (why: string, cause?: unknown) =>
    new DataError(`Cannot decode ${name}: ${why}`, { cause });
  const decode = decoderOf(bytes);
  if (!decode) throw refuse(`needs a PNG or JPEG file, got ${describeStart(bytes)}`);
  try {
    return decode(bytes);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
    throw refuse(`needs a whole file of at most ${MEGAPIXELS} megapixels, got "${why}"`, error);
  }
}

function decoderOf(bytes: Uint8Array): ((bytes: Uint8Array) => Picture<3>) | undefined {
  const startsWith = (...start: number[]) => start.every((byte, i) => bytes[i] === byte);
  if (startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return decodePng;
  if (startsWith(0xff, 0xd8, 0xff)) return decodeJpegUpright;
  return undefined;
}

function describeStart(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `one that starts with the bytes ${start.join(" ")}`;
}

/** https://www.w3.org/TR/png-3/ */
function decodePng(file: Uint8Array): Picture<3> {
  checkPng(file, { megapixels: MEGAPIXELS });
  const { height, width, data }: { height: number; width: number; data: Uint8Array } = PNG.sync
    .read(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  const bytes = new Uint8Array(3 * height * width);
  for (let from = 0, to = 0; to < bytes.length; from += 4) {
    const alpha = data[from + 3];
    for (let c = 0; c < 3; c++) {
      bytes[to++] = alpha === 255
        ? data[from + c]
        : Math.round(255 + (data[from + c] - 255) * alpha / 255);
    }
  }
  return upright({ height, width, channels: 3, bytes }, orientationOfPng(file));
}

function decodeJpegUpright(file: Uint8Array): Picture<3> {
  const { height, width, data } = decodeJpeg(completeJpeg(file), {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false, // what is cut off would come out grey
    maxResolutionInMP: MEGAPIXELS,
    maxMemoryUsageInMB: 4096,
  });
  return upright({ height, width, channels: 3, bytes: data }, orientationOfJpeg(file));
}

/** Turns a picture as its Exif orientation says. */
function upright(image: Picture<3>, orientation: number): Picture<3> {
  if (orientation === 1) return image;
  const swapped = orientation >= 5;
  const height = swapped ? image.width : image.height;
  const width = swapped ? image.height : image.width;
  const fromBottom = [3, 4, 6, 7].includes(orientation); // row of those stored
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const bytes = new Uint8Array(image.bytes.length);
  for (let h = 0, to = 0; h < height; h++) {
    for (let w = 0; w < width; w++, to += 3) {
      const [row, column] = swapped ? [w, h] : [h, w];
      const y = fromBottom ? image.height - 1 - row : row;
      const x = fromRight ? image.width - 1 - column : column;
      const from = 3 * (y * image.width + x);
      for (let c = 0; c < 3; c++) bytes[to + c] = image.bytes[from + c];
    }
  }
  return { height, width, channels: 3, bytes };
}

/**
 * The middle of a picture in another size: as much of it as has the wanted proportions, each value
 * the average over the area that a pixel covers there. Where it has to grow, values between pixels
 * are interpolated linearly.
 *
 * @throws {RangeError} if a size is not a whole number of at least 1, or the picture has not as many bytes as its
 * sizes say
 *
 * @example
 * ```ts
 * import { type Picture, resizeToCover } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const photo: Picture<3> = { height: 480, width: 640, channels: 3, bytes: new Uint8Array(921_600) };
 * const { height, width } = resizeToCover(photo, { height: 32, width: 32 });
 * assertEquals([height, width], [32, 32]);
 * ```
 */
export function resizeToCover(
  image: Picture<3>,
  size: { height: number; width: number },
): Picture<3> {
  for (const length of [size.height, size.width]) {
    if (Number.isSafeInteger(length) && length >= 1) continue;
    throw new RangeError(
      `Cannot resize a picture: needs a height and width of at least 1, got ${length}`,
    );
  }
  requireBytes({ ...image, channels: 3 }, "resize a picture");
  const { height, width } = size;
  const scale = Math.min(image.height / height, image.width / width);
  const rows = spans({ from: image.height, to: height, scale });
  const columns = spans({ from: image.width, to: width, scale });
  const bytes = new Uint8Array(3 * height * width);
  const narrow = new Float64Array(3 * width); // one stored row, in the new width
  const sums = new Float64Array(3 * width);
  for (const [h, row] of rows.entries()) {
    sums.fill(0);
    for (const [i, weight] of row.weights.entries()) {
      averageRow(image, { row: row.first + i, columns, into: narrow });
      for (let k = 0; k < sums.length; k++) sums[k] += weight * narrow[k];
    }
    for (let k = 0; k < sums.length; k++) bytes[h * sums.length + k] = Math.round(sums[k]);
  }
  return { height, width, channels: 3, bytes };
}

/** The stored pixels along an axis that a new one covers, and how much of it each makes up. */
interface Span {
  readonly first: number;
  readonly weights: Float64Array;
}

/** One span for every new pixel along an axis, `scale` stored pixels from each other. */
function spans({ from, to, scale }: { from: number; to: number; scale: number }): Span[] {
  const start = (from - to * scale) / 2;
  const reach = Math.max(scale, 1) / 2; // two pixels' overlap with a third one is linear in its place
  return Array.from({ length: to }, (_, i) => {
    const middle = start + (i + 0.5) * scale;
    const [low, high] = [Math.max(0, middle - reach), Math.min(from, middle + reach)];
    const first = Math.floor(low);
    const weights = Float64Array.from(
      { length: Math.min(from, Math.ceil(high)) - first },
      (_, j) => (Math.min(high, first + j + 1) - Math.max(low, first + j)) / (high - low),
    );
    return { first, weights };
  });
}

function averageRow(
  { bytes, width }: Picture<3>,
  { row, columns, into }: { row: number; columns: readonly Span[]; into: Float64Array },
): void {
  for (let w = 0; w < columns.length; w++) {
    const { first, weights } = columns[w];
    let red = 0, green = 0, blue = 0;
    for (let j = 0, at = 3 * (row * width + first); j < weights.length; j++, at += 3) {
      red += weights[j] * bytes[at];
      green += weights[j] * bytes[at + 1];
      blue += weights[j] * bytes[at + 2];
    }
    into.set([red, green, blue], 3 * w);
  }
}
