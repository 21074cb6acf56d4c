import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { Curve, sparkline } from "../../lib/cli/sparkline.ts";

Deno.test("the least number is lowest, the greatest highest", () => {
  assertEquals(sparkline([-4, -3, -2, -1, 0, 1, 2, 3], { width: 8 }), "▁▂▃▄▅▆▇█");
  assertEquals(sparkline([2, 0, 4], { width: 8, ascii: true }), "-_^");
});

Deno.test("numbers above 0 are on a log scale, others on a linear one", () => {
  const halves = Array.from({ length: 8 }, (_, i) => 2 ** -i);
  assertEquals(sparkline(halves, { width: 8 }), "█▇▆▅▄▃▂▁");
  assertEquals(sparkline([0, ...halves], { width: 9 }), "▁█▅▃▂▁▁▁▁");
});

Deno.test("equal numbers are a flat line, no numbers no line", () => {
  assertEquals(sparkline([3, 3, 3], { width: 8 }), "▁▁▁");
  assertEquals(sparkline([], { width: 8 }), "");
});

Deno.test("more numbers than characters are averaged over all of them", () => {
  for (const width of [1, 2, 7, 16]) {
    assertEquals(sparkline(Array.from({ length: 100 }, (_, i) => i), { width }).length, width);
  }
  assertEquals(sparkline([0, 0, 0, 8, 4, 4, 8, 8], { width: 4 }), "▁▅▅█");
});

Deno.test("a number that is not finite is refused by a line and left out of a curve", () => {
  assertThrows(() => sparkline([1, NaN], { width: 8 }), RangeError, "got NaN");
  const curve = new Curve();
  [1, Infinity, NaN, 2].forEach((value) => curve.push(value));
  assertEquals(curve.values, [1, 2]);
});

Deno.test("a curve of a million numbers is short and still shows all of them in their order", () => {
  const curve = new Curve();
  for (let i = 0; i < 1_000_000; i++) curve.push(i);
  const { values } = curve;
  assert(values.length >= 64 && values.length < 128, `${values.length}`);
  const stride = values[1] - values[0];
  values.forEach((value, i) => assertAlmostEquals(value, (stride - 1) / 2 + i * stride, 1e-6));
  assert(1_000_000 - values.length * stride < stride);
});
