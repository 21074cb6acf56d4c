/**
 * Pictures as PNG files.
 *
 * Source: https://www.w3.org/TR/png-3/
 *
 * @module
 */

import type { Picture } from "../picture.ts";

/** A picture that a PNG file can hold: grey, or red, green and blue. */
export type PngPicture = Picture<1 | 3>;

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * A PNG file of a picture.
 *
 * @throws {RangeError} if there are not as many bytes as the sizes say
 *
 * @example
 * ```ts
 * import { decodeImage, encodePng } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const red = { height: 1, width: 1, channels: 3, bytes: Uint8Array.of(255, 0, 0) } as const;
 * assertEquals([...decodeImage(await encodePng(red)).bytes], [255, 0, 0]);
 * ```
 */
export async function encodePng(picture: PngPicture): Promise<Uint8Array<ArrayBuffer>> {
  const { height, width, channels, bytes } = picture;
  const stride = width * channels;
  if (bytes.length !== height * stride) {
    throw new RangeError(
      `Cannot encode a picture of ${height}×${width}×${channels}: needs ${
        height * stride
      } bytes, ` +
        `got ${bytes.length}`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, /* bits */ channels === 1 ? 0 /* grey */ : 2 /* colour */], 8);
  const rows = new Uint8Array(height * (1 + stride));
  for (let h = 0; h < height; h++) {
    // Each byte as its difference from the one of the pixel before: filter 1.
    const row = h * (1 + stride);
    rows[row] = 1;
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : bytes[h * stride + i - channels];
      rows[row + 1 + i] = bytes[h * stride + i] - left;
    }
  }
  const file = new Blob([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", await compress(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
  return new Uint8Array(await file.arrayBuffer());
}

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ crc >>> 8;
  return (crc ^ 0xffffffff) >>> 0;
}
