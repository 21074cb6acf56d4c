/**
 * How much a PNG file may come to, before memory is taken for it.
 *
 * Source: https://www.w3.org/TR/png-3/
 *
 * @module
 */
import { inflateSync } from "node:zlib";

const signatureLength = 8, headerLength = 13;
/** Where the header's numbers lie, after the signature and the length and type of its chunk. */
const headerStart = signatureLength + 8;

/** Numbers of a pixel by colour type. */
const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The one pass of a picture that is not interlaced, in the same form as {@linkcode passes}. */
const whole = [[0, 0, 1, 1]] as const;

/** The passes of an interlaced picture: their first column and row, and the steps from there. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Checks that a PNG file has in it what its one header says, no more and no less. The decoder leaves what is
 * missing black, inflates interlaced pictures to their end, and goes by the last header of several.
 *
 * @throws {Error} if it has not, or has more pixels than are allowed
 */
export function checkPng(file: Uint8Array, { megapixels }: { megapixels: number }): void {
  if (file.length < headerStart + headerLength) throw new Error("an end before the header's");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [width, height] = [view.getUint32(headerStart), view.getUint32(headerStart + 4)];
  const pixels = width * height;
  if (pixels === 0) throw new Error("no pixels");
  if (pixels > megapixels * 1e6) throw new Error(`${Math.round(pixels / 1e6)} megapixels`);
  const { headers, data } = readChunks(file);
  if (headers !== 1) throw new Error(`${headers} headers`);
  const [depth, colorType, , , interlaced] = file.subarray(headerStart + 8);
  const bits = depth * (channels[colorType] ?? 4);
  const needed = (interlaced ? passes : whole).reduce((sum, [x, y, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil(columns * bits / 8)) : sum;
  }, 0);
  const got = inflatedLength(data, { most: needed });
  if (got < needed) throw new Error(`${got} of the ${needed} bytes that its header says`);
}

/** How many bytes come out, without taking memory for more than are allowed. */
function inflatedLength(data: Uint8Array, { most }: { most: number }): number {
  try {
    return inflateSync(data, { maxOutputLength: most }).length;
  } catch (cause) {
    if ((cause as { code?: string }).code !== "ERR_BUFFER_TOO_LARGE") throw cause;
    throw new Error(`more than the ${most} bytes that its header says`, { cause });
  }
}

/** The chunks of a PNG file up to its end. */
export function* chunksOf(file: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = signatureLength; at + 8 <= file.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder("latin1").decode(file.subarray(at + 4, at + 8));
    if (type === "IEND") return;
    yield { type, data: file.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** How many headers a file has, and its compressed rows. */
function readChunks(file: Uint8Array): { headers: number; data: Uint8Array } {
  const parts: Uint8Array[] = [];
  let headers = 0;
  for (const { type, data } of chunksOf(file)) {
    if (type === "IHDR") headers++;
    if (type === "IDAT") parts.push(data);
  }
  const data = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    data.set(part, end);
    end += part.length;
  }
  return { headers, data };
}
