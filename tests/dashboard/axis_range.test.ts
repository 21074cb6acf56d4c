// The range that all charts share; see `lib/dashboard/page/axis_range.js`.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { AxisRange } from "../../lib/dashboard/page/axis_range.js";

function rangeOf(min: number, max: number): AxisRange {
  const range = new AxisRange();
  range.setWhole({ min, max, spacing: 10 });
  return range;
}

Deno.test("zoom and pan stay within what there is, and within reason", () => {
  const range = rangeOf(0, 1000);
  assert(!range.isPart);
  range.zoom(0.5);
  assertEquals(range.shown, { min: 250, max: 750 });
  range.pan(-10);
  assertEquals(range.shown, { min: 0, max: 500 });
  range.pan(0.5);
  assertEquals(range.shown, { min: 250, max: 750 });
  for (let i = 0; i < 20; i++) range.zoom(0.5);
  assertAlmostEquals(range.shown.max - range.shown.min, 40, 1e-9);
  range.select({ min: 333, max: 334 });
  assertEquals(range.shown, { min: 313.5, max: 353.5 });
  for (let i = 0; i < 20; i++) range.zoom(2);
  assert(!range.isPart);
  assertEquals(range.shown, { min: 0, max: 1000 });
  range.pan(1);
  assertEquals(range.shown, { min: 0, max: 1000 });
});

Deno.test("a part at the newest end stays there as points come, any other stays where it is", () => {
  const range = rangeOf(0, 1000);
  range.select({ min: 900, max: 1000 });
  assert(range.follows);
  range.setWhole({ min: 0, max: 1010, spacing: 10 });
  assertEquals(range.shown, { min: 910, max: 1010 });
  range.zoom(0.5);
  assertEquals(range.shown, { min: 960, max: 1010 });
  range.pan(-1);
  assert(!range.follows);
  range.setWhole({ min: 0, max: 1100, spacing: 10 });
  assertEquals(range.shown, { min: 910, max: 960 });
  range.newest();
  assertEquals(range.shown, { min: 1050, max: 1100 });
  assert(range.follows);
  range.oldest();
  assertEquals(range.shown, { min: 0, max: 50 });
  range.all();
  range.newest();
  assertEquals(range.shown, { min: 825, max: 1100 });
});

Deno.test("a run of one point, and one that went back, have a range", () => {
  const range = rangeOf(5, 5);
  assertEquals(range.shown, { min: 5, max: 15 });
  range.setWhole({ min: 0, max: 1000, spacing: 10 });
  range.select({ min: 900, max: 1000 });
  range.setWhole({ min: 0, max: 500, spacing: 10 });
  assertEquals(range.shown, { min: 400, max: 500 });
  range.setWhole({ min: 0, max: 50, spacing: 10 });
  assert(!range.isPart);
});

Deno.test("those who watch are told of what is shown, and of where somebody points", () => {
  const range = rangeOf(0, 1000), shown: number[] = [], pointed: unknown[] = [];
  range.watchShown(() => shown.push(range.shown.min));
  range.watchPointed((by) => pointed.push([range.pointed, by]));
  range.select({ min: 100, max: 200 });
  range.setWhole({ min: 0, max: 1000, spacing: 10 });
  range.reveal(50);
  range.reveal(120);
  range.reveal(300);
  assertEquals(shown, [100, 50, 200]);
  range.point(300, "a chart");
  range.point(300, "another");
  range.point(undefined, undefined);
  assertEquals(pointed, [[300, "a chart"], [undefined, undefined]]);
});
