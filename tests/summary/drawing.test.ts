import { assertEquals, assertThrows } from "@std/assert";
import { textPicture } from "../../lib/summary/font.ts";
import { drawPicture, whitePicture } from "../../lib/summary/pictures.ts";

Deno.test("text is black on white, each letter another, and an unknown one a box", () => {
  const art = ({ bytes, width }: { bytes: Uint8Array; width: number }) =>
    Array.from(
      { length: bytes.length / width },
      (_, y) =>
        [...bytes.subarray(y * width, (y + 1) * width)].map((b) => b ? " " : "#").join("")
          .trimEnd(),
    );
  assertEquals(art(textPicture("L7")), [
    " ##   #####",
    "  #       #",
    "  #      #",
    "  #     #",
    "  #    #",
    "  #    #",
    " ###   #",
  ]);
  assertEquals(textPicture("ab", { zoom: 3 }).width, 33);
  const letters = [..."abcdefghijklmnopqrstuvwxyz0123456789#-_./ é"];
  assertEquals(
    new Set(letters.map((letter) => art(textPicture(letter)).join())).size,
    letters.length,
  );
  assertEquals(art(textPicture("é")), art(textPicture("?")));
});

Deno.test("a picture is drawn where it should be, and nowhere outside", () => {
  const grey = { height: 1, width: 2, channels: 1, bytes: Uint8Array.of(10, 20) } as const;
  const canvas = whitePicture([3, 5, 3]);
  drawPicture(canvas, grey, { top: 1, left: 1, zoom: 2 });
  const row = [255, 10, 10, 20, 20].flatMap((value) => [value, value, value]);
  assertEquals([...canvas.bytes], [...new Array(15).fill(255), ...row, ...row]);
  for (const place of [{ top: -1, left: 0 }, { top: 0, left: 4 }, { top: 3, left: 0 }]) {
    assertThrows(
      () => drawPicture(canvas, grey, place),
      RangeError,
      "Cannot draw a picture: needs ",
    );
  }
});
