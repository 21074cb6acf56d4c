import { assertEquals } from "@std/assert";
import { addInOrder, cutSlices } from "../../lib/distributed/slices.ts";

Deno.test("slices follow each other, cover the array, and differ in length by one at most", () => {
  for (const length of [0, 1, 3, 4, 7, 1_070_000, 2 ** 31 - 1]) {
    for (const ranks of [1, 2, 3, 4, 64, 1000]) {
      const [offsets, counts] = [new Int32Array(ranks), new Int32Array(ranks)];
      cutSlices(length, { offsets, counts });
      let end = 0;
      for (let r = 0; r < ranks; r++) {
        assertEquals(offsets[r], end);
        end += counts[r];
      }
      assertEquals(end, length);
      assertEquals(counts.every((n) => [0, 1].includes(n - Math.floor(length / ranks))), true);
    }
  }
});

Deno.test("parts are added in order, and every sum is rounded to float32", () => {
  // 1e8 + 3 rounds to 1e8 in float32 and −1e8 cancels it: the order shows
  const parts = Float32Array.of(1e8, 3, -1e8, 1e8, 3, -1e8);
  const y = new Float32Array(3).fill(7);
  addInOrder(parts, { y, length: 2, ranks: 3 });
  assertEquals([...y], [Math.fround(Math.fround(1e8 - 1e8) + 3), Math.fround(1e8 + 3) - 1e8, 7]);
});
