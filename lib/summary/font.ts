/**
 * Words in pictures, in letters of 5×7 pixels.
 *
 * @module
 */
import type { PngPicture } from "./png.ts";

/** Each letter with its five columns from the left, a bit a pixel, the uppermost lowest. */
const glyphs = new Map(
  `a2054545478 b7f48444438 c3844444420 d384444487f e3854545418 f087e090102 g0c5252523e h7f08040478
   i00447d4000 j2040443d00 k7f10284400 l00417f4000 m7c04180478 n7c08040478 o3844444438 p7c14141408
   q081414187c r7c08040408 s4854545420 t043f444020 u3c4040207c v1c2040201c w3c4030403c x4428102844
   y0c5050503c z4464544c44 03e5149453e 100427f4000 24261514946 32141454b31 41814127f10 52745454539
   63c4a494930 70171090503 83649494936 9064949291e #147f147f14 -0808080808 _4040404040 .0060600000
   /2010080402`.split(/\s+/).map(
    (glyph) => [glyph[0], glyph.slice(1, 11).match(/../g)!.map((column) => parseInt(column, 16))],
  ),
);
const blank = [0, 0, 0, 0, 0], box = [0x7f, 0x41, 0x41, 0x41, 0x7f];

const height = 7;

/**
 * A line of black text on white, each pixel of a letter drawn as `zoom × zoom`: `7·zoom` high and
 * `(6·letters − 1)·zoom` wide. Capitals become small letters, and what the font does not have a box.
 */
export function textPicture(text: string, { zoom = 1 }: { zoom?: number } = {}): PngPicture {
  const columns = [...text.toLowerCase()].flatMap((letter) => [
    ...letter === " " ? blank : glyphs.get(letter) ?? box,
    0,
  ]);
  const width = Math.max(0, columns.length - 1) * zoom;
  const bytes = new Uint8Array(height * zoom * width).fill(255);
  for (let y = 0; y < height * zoom; y++) {
    for (let x = 0; x < width; x++) {
      const inked = columns[Math.floor(x / zoom)] >> Math.floor(y / zoom) & 1;
      if (inked) bytes[y * width + x] = 0;
    }
  }
  return { height: height * zoom, width, channels: 1, bytes };
}
