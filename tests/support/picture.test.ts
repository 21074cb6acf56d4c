/** The reference of the input pipeline, by hand. */
import { assertEquals } from "@std/assert";
import { assertClose, storedDigits } from "./assert_close.ts";
import {
  array64,
  centralCrop,
  contrast,
  crop,
  distort,
  flip,
  fromPlanes,
  standardize,
} from "./reference.ts";

/** Two channels on 2×3 pixels: tens tell the row, ones the column, a hundred the second channel. */
const picture = fromPlanes(
  Uint8Array.of(0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112),
  [2, 3, 2],
);

Deno.test("planes become pixels", () => {
  assertEquals([...picture.data], [0, 100, 1, 101, 2, 102, 10, 110, 11, 111, 12, 112]);
});

Deno.test("a crop starts at its corner, and the central one leaves the odd pixel after", () => {
  assertEquals([...crop(picture, { top: 1, left: 2, size: [1, 1] }).data], [12, 112]);
  assertEquals([...centralCrop(picture, [1, 2]).data], [0, 100, 1, 101]);
  assertEquals([...centralCrop(picture, [2, 1]).data], [1, 101, 11, 111]);
  const { shape, data } = centralCrop(fromPlanes(new Uint8Array(3072), [32, 32, 3]), [24, 24]);
  assertEquals([shape, data.length], [[24, 24, 3], 1728]);
});

Deno.test("a flip turns rows around and leaves channels in place", () => {
  assertEquals([...flip(picture).data], [2, 102, 1, 101, 0, 100, 12, 112, 11, 111, 10, 110]);
});

Deno.test("contrast keeps the mean of each channel", () => {
  const x = array64([1, 2, 2], [1, 10, 3, 30]);
  assertEquals([...contrast(x, 2).data], [0, 0, 4, 40]);
});

Deno.test("a standardized picture has mean 0 and deviation 1, and a flat one is zero", () => {
  const x = array64([1, 2, 2], [1, 3, 1, 3]);
  assertEquals([...standardize(x).data], [-1, 1, -1, 1]);
  assertEquals([...standardize(array64([1, 2, 2], [7, 7, 7, 7])).data], [0, 0, 0, 0]);
  // A deviation of 0.1 is below 1/√4.
  const faint = standardize(array64([1, 2, 2], [0.4, 0.6, 0.4, 0.6]));
  assertClose(faint.data, [-0.2, 0.2, -0.2, 0.2], { name: "faint", strictness: storedDigits });
});

Deno.test("a picture is distorted by crop, flip, brightness and contrast", () => {
  const draws = { top: 0, left: 1, flipped: true, brightness: -5, contrast: 2 };
  const x = distort(picture, { draws, size: [2, 2] });
  // Crop 1 2 / 11 12, flip 2 1 / 12 11, less 5 is −3 −4 / 7 6 with mean 1.5.
  const first = [-7.5, -9.5, 12.5, 10.5];
  assertEquals([...x.data], first.flatMap((value) => [value, value + 100]));
});
