import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { countRecords, type Dataset } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { readRecords } from "../../lib/data/records.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { Rng } from "../../lib/rng.ts";

async function bytesOf(dataset: Dataset, split: "train" | "test"): Promise<Uint8Array> {
  return await new Response(
    await dataset.parts[split][0].open() as ReadableStream<Uint8Array<ArrayBuffer>>,
  ).bytes();
}

Deno.test("a seed draws the same records every time, other seeds and splits draw others", async () => {
  const sizes = { train: 100, test: 100 };
  const dataset = shapes({ seed: 3, ...sizes });
  const records = await bytesOf(dataset, "train");
  assertEquals(records.length, 100 * 3073);
  assertEquals(await bytesOf(dataset, "train"), records);
  assertEquals(await bytesOf(shapes({ seed: 3, ...sizes }), "train"), records);
  assertNotEquals(await bytesOf(shapes({ seed: 4, ...sizes }), "train"), records);
  assertNotEquals(await bytesOf(dataset, "test"), records);
});

Deno.test("more pictures begin with the same ones", async () => {
  const few = await bytesOf(shapes({ train: 70 }), "train");
  const more = await bytesOf(shapes({ train: 200 }), "train");
  assertEquals(more.subarray(0, few.length), few);
});

Deno.test("the records pass the reader, and every class comes about as often", async () => {
  const dataset = shapes({ train: 5000 });
  assertEquals(dataset.classes.length, 10);
  const counts = new Uint32Array(10);
  for await (const { bytes, count } of readRecords(dataset, dataset.parts.train[0])) {
    for (let i = 0; i < count; i++) counts[bytes[i * 3073]]++;
  }
  const chiSquared = counts.reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0);
  assert(chiSquared < 9 + 5 * Math.sqrt(18), `${counts}`);
  assertEquals([countRecords(dataset, "train"), countRecords(dataset, "test")], [5000, 2000]);
});

Deno.test("pictures are drawn as they are read", async () => {
  const dataset = shapes({ train: 1e9 });
  for await (const { count } of readRecords(dataset, dataset.parts.train[0])) {
    assert(count > 0);
    break;
  }
});

Deno.test("pictures use the range of values, and no colour or side tells the class", async () => {
  const { images, labels } = await load(shapes({ train: 6000 }), "train");
  // Means over a class of every channel and half of the picture: equal but for the spread of 600.
  for (let c = 0; c < 3; c++) {
    const sums = new Float64Array(10), counts = new Uint32Array(10);
    labels.forEach((label, i) => {
      counts[label]++;
      for (let p = 0; p < 1024; p += 17) sums[label] += images[i * 3072 + c * 1024 + p] / 61;
    });
    const means = sums.map((sum, k) => sum / counts[k]);
    assert(Math.max(...means) - Math.min(...means) < 20, `${means}`);
    assert(Math.abs(means[0] - 127.5) < 12, `${means}`);
  }
  assert(images.includes(0) && images.includes(255));
});

Deno.test("sizes must be whole numbers", () => {
  assertThrows(() => shapes({ train: -1 }), RangeError, "got -1");
  assertThrows(() => shapes({ test: 0.5 }), RangeError, "got 0.5");
});
