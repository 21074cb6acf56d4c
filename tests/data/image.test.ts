import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { crc32, deflateSync } from "node:zlib";
import { DataError } from "../../lib/data/dataset.ts";
import { orientationOfJpeg, orientationOfPng } from "../../lib/data/exif.ts";
import { decodeImage, resizeToCover } from "../../lib/data/image.ts";
import { planesOf } from "../../lib/data/planes.ts";
import type { Picture } from "../../lib/picture.ts";
import { Rng } from "../../lib/rng.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { imageFiles } from "./image_files.ts";

const fileOf = (name: string) => Uint8Array.fromBase64(imageFiles[name]);

/** A picture whose values are given by row, column and channel. */
function picture(
  height: number,
  width: number,
  value: (h: number, w: number, c: number) => number,
): Picture<3> {
  const bytes = Uint8Array.from(
    { length: 3 * height * width },
    (_, i) => value(Math.floor(i / (3 * width)), Math.floor(i / 3) % width, i % 3),
  );
  return { height, width, channels: 3, bytes };
}

const red = (h: number, w: number, c: number) => [40 * w, 60 * h, 20 * (w + h)][c];

Deno.test("colour and palette PNGs come out exactly", () => {
  for (const name of ["rgb.png", "palette.png"]) {
    assertEquals(decodeImage(fileOf(name)), picture(4, 6, red), name);
  }
});

Deno.test("grey PNGs become colour, 16 bits become 8", () => {
  assertEquals(
    decodeImage(fileOf("grey16.png")),
    picture(4, 6, (h, w) => 10 * (6 * h + w)),
  );
  const { bytes } = decodeImage(fileOf("grey.png"));
  for (let i = 0; i < bytes.length; i++) {
    const [h, w] = [Math.floor(i / 18), Math.floor(i / 3) % 6];
    const luma = 0.299 * red(h, w, 0) + 0.587 * red(h, w, 1) + 0.114 * red(h, w, 2);
    assert(Math.abs(bytes[i] - luma) <= 1, `${bytes[i]} at ${h} ${w} for ${luma}`);
  }
});

Deno.test("transparency becomes white", () => {
  const half = decodeImage(fileOf("alpha.png"));
  assertEquals(half, picture(4, 6, (...at) => Math.round(255 + (red(...at) - 255) * 128 / 255)));
});

Deno.test("JPEGs come out upright and close: baseline, progressive, CMYK, all orientations", () => {
  const smooth = picture(16, 24, (h, w, c) => [10 * w, 15 * h, 5 * (w + h)][c]);
  const names = ["baseline", "progressive", "sampled", "cmyk"]
    .concat([1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => `orientation${orientation}`));
  for (const name of names) {
    const { height, width, bytes } = decodeImage(fileOf(`${name}.jpg`));
    assertEquals([height, width], [16, 24], name);
    const worst = Math.max(...bytes.map((byte, i) => Math.abs(byte - smooth.bytes[i])));
    const allowed = name === "sampled" ? 25 : 8;
    assert(worst <= allowed, `${name} is off by ${worst}`);
  }
  const grey = decodeImage(fileOf("grey.jpg"));
  assertEquals(grey.bytes[0], grey.bytes[1]);
});

Deno.test("a file that is neither PNG nor JPEG is refused by name, and what it starts with", () => {
  const error = assertThrows(
    () => decodeImage(new TextEncoder().encode("GIF89a"), "cats/a.gif"),
    DataError,
  );
  assertEquals(
    error.message,
    "Cannot decode cats/a.gif: needs a PNG or JPEG file, got one that starts with the bytes 47 49 46 38",
  );
  assertThrows(() => decodeImage(new Uint8Array()), DataError, "an empty file");
});

Deno.test("a picture cut off anywhere is refused, never half decoded", () => {
  for (const name of ["rgb.png", "grey16.png", "baseline.jpg", "progressive.jpg"]) {
    const file = fileOf(name);
    // The two bytes that end a JPEG say nothing of the picture.
    const whole = name.endsWith(".jpg") ? file.length - 2 : file.length;
    for (let length = 0; length < whole; length++) {
      assertThrows(() => decodeImage(file.subarray(0, length), name), DataError, name);
    }
    for (let length = whole; length < file.length; length++) {
      assertEquals(decodeImage(file.subarray(0, length), name), decodeImage(file), name);
    }
  }
});

/** A grey JPEG of 16×8 pixels: two blocks without a difference, a restart between them. */
function greyJpeg(scan: readonly number[]): Uint8Array {
  const segment = (marker: number, ...bytes: number[]) => [
    0xff,
    marker,
    0,
    bytes.length + 2,
    ...bytes,
  ];
  const oneCode = [1, ...Array(15).fill(0), 0];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array(64).fill(1)),
    ...segment(0xc0, 8, 0, 8, 0, 16, 1, 1, 0x11, 0),
    ...segment(0xc4, 0x00, ...oneCode, 0x10, ...oneCode),
    ...segment(0xdd, 0, 1),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...scan,
  ]);
}

Deno.test("a JPEG whose restarts are not all there is refused, with its end or without", () => {
  const [end, restart] = [[0xff, 0xd9], [0xff, 0xd0]];
  for (const last of [end, []]) {
    const { bytes } = decodeImage(greyJpeg([0x3f, ...restart, 0x3f, ...last]));
    assertEquals([...new Set(bytes)], [128]);
    assertThrows(() => decodeImage(greyJpeg([0x3f, ...last])), DataError, "0 of the 1 restarts");
  }
  assertThrows(() => decodeImage(greyJpeg([0x3f, ...restart])), DataError);
});

Deno.test("a damaged picture gives a picture or a DataError, nothing else", () => {
  const rng = Rng.from(1);
  let refused = 0;
  for (const name of Object.keys(imageFiles)) {
    for (let i = 0; i < 100; i++) {
      const file = fileOf(name);
      for (let flips = 1 + rng.below(3); flips > 0; flips--) {
        file[rng.below(file.length)] ^= 1 << rng.below(8);
      }
      try {
        const { height, width, bytes } = decodeImage(file);
        assertEquals(bytes.length, 3 * height * width);
      } catch (error) {
        assert(error instanceof DataError, `${name}: ${error}`);
        refused++;
      }
    }
  }
  assert(refused > 0);
});

Deno.test("a PNG that claims to be huge is refused before memory is taken", () => {
  const file = fileOf("rgb.png");
  new DataView(file.buffer).setUint32(16, 60_000);
  new DataView(file.buffer).setUint32(20, 60_000);
  const { message } = assertThrows(() => decodeImage(file), DataError);
  assertStringIncludes(message, "at most 100 megapixels");
});

/** A PNG file of chunks. */
function pngOf(...chunks: [type: string, data: Uint8Array][]): Uint8Array {
  const parts = chunks.map(([type, data]) => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
    return bytes;
  });
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([signature, ...parts].flatMap((part) => [...part]));
}

Deno.test("a PNG with fewer rows than its header says is refused, with more too", () => {
  const rowBytes = 1 + 3 * 6, end = new Uint8Array();
  const fileOf = (rows: number) =>
    pngOf(
      ["IHDR", header(6, 4, { interlaced: false })],
      ["IDAT", deflateSync(new Uint8Array(rows * rowBytes))],
      ["IEND", end],
    );
  assertEquals(decodeImage(fileOf(4)), picture(4, 6, () => 0));
  assertThrows(() => decodeImage(fileOf(3)), DataError, "57 of the 76 bytes that its header says");
  assertThrows(() => decodeImage(fileOf(5)), DataError, "more than the 76 bytes");
  const few = pngOf(
    ["IHDR", header(9, 11, { interlaced: true })],
    ["IDAT", deflateSync(new Uint8Array(100))],
    ["IEND", end],
  );
  assertThrows(() => decodeImage(few), DataError, "100 of the ");
});

/** A header of 8 bits a colour. */
function header(width: number, height: number, { interlaced }: { interlaced: boolean }) {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([8, 2, 0, 0, Number(interlaced)], 8);
  return bytes;
}

Deno.test("interlaced PNGs come out exactly", () => {
  for (const [height, width] of [[4, 6], [9, 11], [1, 1], [1, 5]]) {
    const rows: number[] = [];
    for (
      const [x, y, dx, dy] of [
        [0, 0, 8, 8],
        [4, 0, 8, 8],
        [0, 4, 4, 8],
        [2, 0, 4, 4],
        [0, 2, 2, 4],
        [1, 0, 2, 2],
        [0, 1, 1, 2],
      ]
    ) {
      for (let h = y; h < height && x < width; h += dy) {
        rows.push(0);
        for (let w = x; w < width; w += dx) rows.push(...[0, 1, 2].map((c) => red(h, w, c) % 256));
      }
    }
    const file = pngOf(
      ["IHDR", header(width, height, { interlaced: true })],
      ["IDAT", deflateSync(Uint8Array.from(rows))],
      ["IEND", new Uint8Array()],
    );
    assertEquals(decodeImage(file), picture(height, width, (...at) => red(...at) % 256));
  }
});

Deno.test("a PNG with more in it than its header says is refused before memory is taken", () => {
  const [data, end] = [deflateSync(new Uint8Array(2 ** 24)), new Uint8Array()];
  const small = header(1, 1, { interlaced: true });
  assertThrows(
    () => decodeImage(pngOf(["IHDR", small], ["IDAT", data], ["IEND", end])),
    DataError,
    "more than the 4 bytes that its header says",
  );
  const large = header(60_000, 60_000, { interlaced: false });
  assertThrows(
    () => decodeImage(pngOf(["IHDR", small], ["IHDR", large], ["IDAT", data], ["IEND", end])),
    DataError,
    "2 headers",
  );
});

Deno.test("what this project writes as PNG it reads again", async () => {
  const rng = Rng.from(2);
  const image = picture(5, 7, () => rng.below(256));
  assertEquals(decodeImage(await encodePng(image)), image);
});

Deno.test("a picture that has not as many bytes as it says is refused, not filled up", () => {
  const refused = (bytes: Uint8Array, got: number) => {
    const image = { height: 2, width: 4, channels: 3, bytes } as const;
    const problem = `needs 24 bytes for 2×4×3, got ${got}`;
    assertThrows(
      () => resizeToCover(image, { height: 1, width: 1 }),
      RangeError,
      `Cannot resize a picture: ${problem}`,
    );
    assertThrows(
      () => planesOf(image),
      RangeError,
      `Cannot make planes of a picture: ${problem}`,
    );
  };
  refused(new Uint8Array(8), 8); // grey
  refused(new Uint8Array(32), 32); // with transparency
});

Deno.test("a picture of the wanted size stays as it is", () => {
  const rng = Rng.from(3);
  const image = picture(5, 7, () => rng.below(256));
  assertEquals(resizeToCover(image, { height: 5, width: 7 }), image);
});

Deno.test("shrinking averages over the area that a pixel covers", () => {
  const image = picture(4, 6, (h, w, c) => 30 * h + 10 * w + c);
  assertEquals(
    resizeToCover(image, { height: 2, width: 3 }),
    picture(2, 3, (h, w, c) => 30 * (2 * h + 0.5) + 10 * (2 * w + 0.5) + c),
  );
  // 3 to 2: each covers one and a half.
  const row = picture(3, 3, (_, w) => [0, 90, 240][w]);
  const thirds = resizeToCover(row, { height: 2, width: 2 });
  assertEquals([...thirds.bytes.subarray(0, 6)], [30, 30, 30, 190, 190, 190]);
});

Deno.test("the middle is kept, in the wanted proportions", () => {
  const wide = picture(4, 12, (_, w) => w < 4 || w >= 8 ? 255 : 7);
  assertEquals(resizeToCover(wide, { height: 2, width: 2 }), picture(2, 2, () => 7));
  const tall = picture(12, 4, (h) => h < 4 || h >= 8 ? 255 : 7);
  assertEquals(resizeToCover(tall, { height: 2, width: 2 }), picture(2, 2, () => 7));
});

Deno.test("growing interpolates linearly between pixels and keeps the edges", () => {
  const image = picture(2, 2, (_, w) => 100 * w);
  const row = [...resizeToCover(image, { height: 4, width: 4 }).bytes.subarray(0, 12)];
  assertEquals(row.filter((_, i) => i % 3 === 0), [0, 25, 75, 100]);
});

Deno.test("a size that is none is refused", () => {
  const image = picture(2, 2, () => 0);
  assertThrows(() => resizeToCover(image, { height: 0, width: 4 }), RangeError, "got 0");
});

Deno.test("an orientation is read in both orders of bytes, and none or nonsense is upright", () => {
  const field = (little: boolean, value: number) => {
    const view = new DataView(new ArrayBuffer(12 + 8 + 2 + 12 + 4));
    view.setUint32(0, 0xffd8ffe1);
    view.setUint16(4, view.byteLength - 6);
    view.setUint32(6, 0x45786966); // "Exif"
    view.setUint16(12, little ? 0x4949 : 0x4d4d);
    view.setUint16(14, 42, little);
    view.setUint32(16, 8, little);
    view.setUint16(20, 1, little);
    view.setUint16(22, 0x0112, little);
    view.setUint16(24, 3, little);
    view.setUint32(26, 1, little);
    view.setUint16(30, value, little);
    view.setUint16(36, 0xffda);
    return new Uint8Array(view.buffer);
  };
  for (const little of [true, false]) {
    assertEquals(orientationOfJpeg(field(little, 6)), 6);
    assertEquals(orientationOfJpeg(field(little, 9)), 1);
    assertEquals(orientationOfJpeg(field(little, 6).subarray(0, 28)), 1);
  }
  assertEquals(orientationOfJpeg(fileOf("baseline.jpg")), 1);
});

Deno.test("an orientation is found behind bytes that fill, and in a PNG too", () => {
  const jpeg = fileOf("orientation6.jpg");
  for (const fill of [1, 3]) {
    const filled = new Uint8Array(jpeg.length + fill).fill(0xff);
    filled.set(jpeg.subarray(0, 2));
    filled.set(jpeg.subarray(2), 2 + fill);
    assertEquals(orientationOfJpeg(filled), 6);
    assertEquals(decodeImage(filled), decodeImage(jpeg));
  }
  const exif = new Uint8Array(
    [..."II*\0"].map((c) => c.charCodeAt(0)).concat(
      [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
    ),
  );
  const rows = [0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12]; // two of two pixels, a filter before each
  const turned = (data: Uint8Array) =>
    pngOf(
      ["IHDR", header(2, 2, { interlaced: false })],
      ["eXIf", data],
      ["IDAT", deflateSync(Uint8Array.from(rows))],
      ["IEND", new Uint8Array()],
    );
  assertEquals(
    [...decodeImage(turned(exif)).bytes],
    [7, 8, 9, 1, 2, 3, 10, 11, 12, 4, 5, 6], // clockwise
  );
  assertEquals(orientationOfPng(turned(exif.subarray(0, 12))), 1);
  assertEquals([...decodeImage(turned(exif.subarray(0, 12))).bytes].slice(0, 3), [1, 2, 3]);
});
