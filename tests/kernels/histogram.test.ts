import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  bucketCount,
  clearCounts,
  countWords,
  histogram,
  histogramGroups,
  histogramLimits,
  histogramStats,
  positiveLimits,
  zerosAt,
} from "../../kernels/histogram.wgsl.ts";
import type { AdapterKind } from "../../kernels/kernel.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

/** All limits in order, as TensorFlow has them. */
const limits = [
  -Number.MAX_VALUE,
  ...positiveLimits.map((limit) => -limit).toReversed(),
  0,
  ...positiveLimits,
  Number.MAX_VALUE,
];

/** The place of the first limit above a value: `std::upper_bound`. */
const bucketOf = (value: number) => limits.findIndex((limit) => limit > value);

async function run(device: Device, x: Float32Array<ArrayBuffer>, kind = device.kind) {
  const words = (count: number) => new Uint32Array(count);
  const floats = (count: number) => new Float32Array(count);
  const made = await runKernel(device, histogramLimits(), {
    limits: floats(positiveLimits.length),
  });
  const cleared = await runKernel(device, clearCounts(countWords), {
    counts: words(countWords).fill(9),
  });
  const groups = histogramGroups(x.length, kind);
  const { counts, partials } = await runKernel(device, histogram(x.length, { real: false, kind }), {
    x,
    limits: made.limits,
    counts: cleared.counts,
    partials: floats(groups * 4),
  });
  const { stats } = await runKernel(device, histogramStats(groups), { partials, stats: floats(4) });
  return { counts, stats };
}

async function check(device: Device, x: Float32Array<ArrayBuffer>): Promise<void> {
  for (const kind of ["software", "gpu"] as const) await checkOf(device, x, kind);
}

async function checkOf(
  device: Device,
  x: Float32Array<ArrayBuffer>,
  kind: AdapterKind,
): Promise<void> {
  const { counts, stats } = await run(device, x, kind);
  const finite = [...x].filter(Number.isFinite);
  const expected = new Uint32Array(countWords);
  for (const value of finite) expected[bucketOf(value)]++;
  expected[zerosAt] = finite.filter((value) => value === 0).length;
  expected[zerosAt + 1] = x.length - finite.length;
  assertEquals(counts, expected);
  const extreme = (of: (...values: number[]) => number) => finite.reduce((a, b) => of(a, b));
  assertEquals([stats[0], stats[1]], [extreme(Math.min), extreme(Math.max)]);
  const sum = (of: (value: number) => number) =>
    finite.reduce((total, value) => total + of(value), 0);
  const magnitude = sum(Math.abs);
  assertAlmostEquals(stats[2], sum((value) => value), 1e-5 * magnitude);
  assertAlmostEquals(stats[3], sum((value) => value * value), 1e-5 * sum((value) => value * value));
}

Deno.test("the buckets are TensorFlow's", () => {
  assertEquals(positiveLimits.length, 774);
  assertEquals(limits.length, bucketCount);
  assertAlmostEquals(positiveLimits[100], 1e-12 * 1.1 ** 100, 1e-20);
});

Deno.test("numbers of all sizes and signs fall into the buckets of a float64 reference", async () => {
  using device = await openDevice();
  const rng = Rng.from(1);
  for (const size of [1, 63, 5000, 300_001]) {
    const x = Float32Array.from(
      { length: size },
      () => (rng.float() < 0.5 ? -1 : 1) * 10 ** (rng.float() * 8 - 6),
    );
    for (let i = 0; i < size; i += 3) x[i] = 0;
    await check(device, x);
  }
});

Deno.test("a number at a limit, just below it and just above it is where it belongs", async () => {
  using device = await openDevice();
  const near = positiveLimits.slice(1, -1).flatMap((limit) => {
    const word = new Uint32Array(Float32Array.of(limit).buffer)[0];
    return [-1, 0, 1].map((step) => new Float32Array(Uint32Array.of(word + step).buffer)[0]);
  });
  const x = Float32Array.from(near.flatMap((value) => [value, -value]));
  const { counts } = await run(device, x);
  const expected = new Uint32Array(countWords);
  for (const value of x) expected[bucketOf(value)]++;
  assertEquals(counts, expected);
});

Deno.test("values that are not finite are counted and left out", async () => {
  using device = await openDevice();
  await check(device, Float32Array.of(1, NaN, -2, Infinity, -Infinity, 0, -0));
});

Deno.test("the same numbers give the same words every time", async () => {
  using device = await openDevice();
  const rng = Rng.from(2);
  const x = Float32Array.from({ length: 100_003 }, () => rng.truncatedNormal());
  const first = await run(device, x);
  assertEquals(await run(device, x), first);
  assert(first.stats[3] > 0);
});
