import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { ridgeOf } from "../../lib/dashboard/ridge.ts";
import { Rng } from "../../lib/rng.ts";
import { histogramOf } from "../../lib/summary/histogram.ts";

/** A ridge of one row for each list of numbers. */
function ridge(...lists: number[][]) {
  return ridgeOf(lists.map((values, step) => ({ step, time: 0, value: histogramOf(values) })));
}

function normal(count: number, scale = 1): number[] {
  const rng = Rng.from(9);
  return Array.from({ length: count }, () => rng.truncatedNormal() * scale);
}

Deno.test("a ridge keeps shares and places, whatever the buckets", () => {
  const rng = Rng.from(9);
  const values = Array.from({ length: 4000 }, () => rng.truncatedNormal() * 3 + 1);
  const ridge = ridgeOf([
    { step: 3, time: 0, value: histogramOf(values) },
    { step: 5, time: 0, value: histogramOf([2, 2, 2]) },
  ]);
  assertEquals(ridge.steps, [3, 5]);
  assertEquals([ridge.min, ridge.max], [Math.min(...values), Math.max(...values)]);
  const width = (ridge.max - ridge.min) / ridge.rows[0].length;
  for (const row of ridge.rows) assert(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-9);
  const counted = new Array<number>(ridge.rows[0].length).fill(0);
  for (const x of values) {
    counted[Math.min(counted.length - 1, Math.floor((x - ridge.min) / width))] += 1 / 4000;
  }
  // Buckets are 10% wide, so what is in one may be a bin or two away, but no further.
  let sum = 0, sumOfCounted = 0;
  ridge.rows[0].forEach((share, bin) => {
    sum += share;
    sumOfCounted += counted[bin];
    assert(Math.abs(sum - sumOfCounted) < 0.06, `${sum} ${sumOfCounted}`);
  });
  const spike = ridge.rows[1].findIndex((share) => share > 0.99);
  assertEquals(spike, Math.floor((2 - ridge.min) / width));
  assertEquals(ridgeOf([]).rows, []);
});

Deno.test("zeros stand apart, so that what a ReLU lets through is to be seen", () => {
  const values = normal(2000).map((x) => Math.max(0, x));
  const { rows: [row], zeros: [zeros], min } = ridge(values);
  const share = values.filter((x) => x === 0).length / values.length;
  assertAlmostEquals(zeros, share, 1e-9);
  assertAlmostEquals(row.reduce((a, b) => a + b) + zeros, 1, 1e-9);
  assertEquals(min, 0);
  assert(Math.max(...row) < 0.1, "no bin holds the zeros");
  const all = ridge([0, 0, 0]);
  assertEquals([all.zeros, Math.max(...all.rows[0])], [[1], 0]);
});

Deno.test("a few outliers do not flatten the rest, and are counted", () => {
  const values = [...normal(2000), 1e6, -1e5];
  const { rows: [row], outside: [[below, above]], extremes, min, max } = ridge(values);
  assertEquals(extremes, [-1e5, 1e6]);
  assert(min > -3 && max < 3, `${min} ${max}`);
  assert(below > 0 && above > 0 && below + above < 0.03, `${below} ${above}`);
  assertAlmostEquals(row.reduce((a, b) => a + b) + below + above, 1, 1e-9);
  // A step with far larger numbers does not either, but one of two does.
  const late = ridge(...Array.from({ length: 40 }, () => normal(500)), normal(20, 1e4));
  assert(late.max < 1e4, `${late.max}`);
  assert(ridge(normal(500), normal(500, 100)).max > 100);
});
