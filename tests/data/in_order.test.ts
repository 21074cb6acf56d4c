import { assertEquals, assertRejects } from "@std/assert";
import { countRecords } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { MemoryDataset, record } from "./memory_dataset.ts";

Deno.test("every record comes once and in order, in batches of which the last is short", async () => {
  const dataset = new MemoryDataset([10, 3, 20]);
  for (const batchSize of [1, 4, 11, 32, 33, 34]) {
    const indices: number[] = [], images: number[] = [], labels: number[] = [], sizes = [];
    for await (const batch of inOrder(dataset, { split: "test", batchSize })) {
      indices.push(...batch.indices);
      labels.push(...batch.labels);
      images.push(...batch.images);
      sizes.push(batch.labels.length);
    }
    assertEquals(indices, Array.from({ length: 33 }, (_, i) => i));
    assertEquals(labels, indices.map((i) => i % 10));
    assertEquals(images, indices.flatMap((i) => [...record(i).slice(2)]));
    assertEquals(sizes.slice(0, -1).every((size) => size === batchSize), true);
    assertEquals(sizes.at(-1), 33 % batchSize || batchSize);
  }
  assertEquals(countRecords(dataset, "test"), 33);
});

Deno.test("an abort ends it, and a batch needs examples", async () => {
  const dataset = new MemoryDataset([1000], { late: true });
  const all = async (batchSize: number, signal?: AbortSignal) => {
    for await (const _ of inOrder(dataset, { split: "test", batchSize, signal }));
  };
  const signal = AbortSignal.timeout(5);
  await assertRejects(() => all(4, signal), DOMException);
  await assertRejects(() => all(0), RangeError, "got 0");
});
