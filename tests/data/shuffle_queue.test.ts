import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import type { Batch } from "../../lib/data/batch.ts";
import { DataError, imageBytes } from "../../lib/data/dataset.ts";
import {
  type ShuffledBatch,
  ShuffleQueue,
  type ShuffleQueueOptions,
  type ShuffleQueueState,
} from "../../lib/data/shuffle_queue.ts";
import { Rng } from "../../lib/rng.ts";
import { format, MemoryDataset, record } from "./memory_dataset.ts";

const options = { rng: Rng.from(1), batchSize: 4, minQueueExamples: 20 };

/** Every field of a batch is that of the records it says it holds. */
function checkExamples(batch: Batch): void {
  const size = imageBytes(format);
  batch.indices.forEach((index, i) => {
    assertEquals(batch.labels[i], index % 10);
    assertEquals(batch.images.slice(i * size, (i + 1) * size), record(index).slice(2));
  });
}

async function takeFrom(queue: ShuffleQueue, batches: number): Promise<number[][]> {
  const taken = [];
  for (let i = 0; i < batches; i++) {
    const batch = queue.allocateBatch();
    await queue.ready();
    queue.take(batch);
    checkExamples(batch);
    taken.push([...batch.indices]);
  }
  return taken;
}

async function run(
  dataset: MemoryDataset,
  batches: number,
  changed: Partial<ShuffleQueueOptions> = {},
): Promise<number[][]> {
  await using queue = await ShuffleQueue.open(dataset, { ...options, ...changed });
  return await takeFrom(queue, batches);
}

/** Through the forms that a checkpoint stores. */
function stored({ indices, ...numbers }: ShuffleQueueState): ShuffleQueueState {
  return {
    ...JSON.parse(JSON.stringify(numbers)),
    indices: new Uint32Array(new Uint8Array(indices.buffer.slice(0)).buffer),
  };
}

Deno.test("the batches depend on the seed and the data, not on how the bytes come in", async () => {
  const expected = await run(new MemoryDataset([30, 50, 7]), 40);
  for (const largest of [1, 64, 4096]) {
    assertEquals(await run(new MemoryDataset([30, 50, 7], { largest }), 40), expected);
  }
  assertEquals(await run(new MemoryDataset([30, 50, 7], { late: true }), 40), expected);
  assertNotEquals(await run(new MemoryDataset([30, 50, 7]), 40, { rng: Rng.from(2) }), expected);
});

Deno.test("nothing is lost or made up: what was taken and what is held is what was read", async () => {
  const dataset = new MemoryDataset([30, 50, 7]);
  await using queue = await ShuffleQueue.open(dataset, options);
  const taken: number[] = [];
  for (let step = 1; step <= 100; step++) {
    taken.push(...(await takeFrom(queue, 1)).flat());
    const { read, indices } = queue.state();
    assertEquals(indices.length, 32);
    assertEquals(read, 32 + 4 * step);
    const counts = new Uint32Array(87);
    for (const index of [...taken, ...indices]) counts[index]++;
    // Whole epochs give each record as often; the one under way gives some of them once more.
    const epochs = Math.floor(read / 87);
    assert(counts.every((count) => count === epochs || count === epochs + 1));
    assertEquals(counts.reduce((a, b) => a + b), read);
  }
});

Deno.test("places are chosen uniformly", async () => {
  const dataset = new MemoryDataset([100, 100]);
  await using queue = await ShuffleQueue.open(dataset, options);
  const counts = new Uint32Array(32), batch = queue.allocateBatch();
  for (let i = 0; i < 2000; i++) {
    await queue.ready();
    queue.take(batch);
    for (const place of batch.places) counts[place]++;
  }
  const chiSquared = counts.reduce((sum, n) => sum + (n - 250) ** 2 / 250, 0);
  assert(chiSquared < 31 + 5 * Math.sqrt(62), `χ² ${chiSquared}`);
});

Deno.test("every epoch reads the parts in an order of its own", async () => {
  const dataset = new MemoryDataset([9, 9, 9, 9, 9]);
  await run(dataset, 100);
  const orders = Array.from({ length: 8 }, (_, i) => dataset.opened.slice(5 * i, 5 * i + 5));
  for (const order of orders) assertEquals(new Set(order).size, 5);
  assert(new Set(orders.map(String)).size >= 7, `${orders}`);
});

Deno.test("a run that stopped anywhere goes on with the same batches", async () => {
  const sizes = [30, 50, 7], total = 30;
  const expected = await run(new MemoryDataset(sizes), total);
  for (let done = 0; done <= total; done++) {
    const first = await ShuffleQueue.open(new MemoryDataset(sizes), options);
    assertEquals(await takeFrom(first, done), expected.slice(0, done));
    const state = stored(first.state());
    await first[Symbol.asyncDispose]();
    const rest = await run(new MemoryDataset(sizes), total - done, { state });
    assertEquals(rest, expected.slice(done));
  }
});

Deno.test("data smaller than the queue fills it over several epochs, and resumes too", async () => {
  const sizes = [3, 2];
  const expected = await run(new MemoryDataset(sizes), 20);
  const counts = new Uint32Array(5);
  for (const index of expected.flat()) counts[index]++;
  assert(counts.every((count) => count >= 10 && count <= 22), `${counts}`);
  await using queue = await ShuffleQueue.open(new MemoryDataset(sizes), options);
  await takeFrom(queue, 7);
  const state = stored(queue.state());
  assertEquals(await run(new MemoryDataset(sizes), 13, { state }), expected.slice(7));
});

Deno.test("batches that nobody used are put back in the state", async () => {
  await using queue = await ShuffleQueue.open(new MemoryDataset([30, 50, 7]), options);
  const states: ShuffleQueueState[] = [], batches: ShuffledBatch[] = [];
  for (let i = 0; i < 12; i++) {
    states.push(queue.state());
    const batch = queue.allocateBatch();
    await queue.ready();
    queue.take(batch);
    batches.push(batch);
  }
  for (let i = 0; i < 12; i++) assertEquals(queue.state(batches.slice(i)), states[i]);
});

Deno.test("a state takes four bytes an example held", async () => {
  await using queue = await ShuffleQueue.open(new MemoryDataset([100]), options);
  const { indices, ...numbers } = queue.state();
  assertEquals(indices.byteLength, 32 * 4);
  assert(JSON.stringify(numbers).length < 100);
});

Deno.test("resuming opens only the parts it needs", async () => {
  const sizes = [30, 50, 7];
  await using queue = await ShuffleQueue.open(new MemoryDataset(sizes), options);
  await takeFrom(queue, 40);
  const dataset = new MemoryDataset(sizes);
  await run(dataset, 1, { state: queue.state() });
  assert(dataset.opened.length <= 5, `${dataset.opened}`);
});

Deno.test("the state of another run is refused", async () => {
  const dataset = new MemoryDataset([30, 50, 7]);
  await using queue = await ShuffleQueue.open(dataset, options);
  const state = queue.state();
  const refuse = (changed: Partial<ShuffleQueueOptions>, message: string, data = dataset) =>
    assertRejects(() => run(data, 1, { state, ...changed }), RangeError, message);
  await refuse({ batchSize: 5 }, "needs a state of 35 held examples, got 32");
  await refuse({ rng: Rng.from(2) }, "needs a state of the same seed");
  await refuse({}, "needs a state of 12 records, got 87", new MemoryDataset([5, 7]));
  const { records: _, ...old } = state;
  await refuse({ state: old }, "needs record numbers below 12, got", new MemoryDataset([5, 7]));
});

Deno.test("sizes must be whole numbers", async () => {
  const dataset = new MemoryDataset([5]);
  await assertRejects(() => run(dataset, 1, { batchSize: 0 }), RangeError, "batchSize");
  await assertRejects(() => run(dataset, 1, { minQueueExamples: 0.5 }), RangeError, "got 0.5");
});

Deno.test("a split without records is refused", async () => {
  await assertRejects(
    () => run(new MemoryDataset([]), 1),
    DataError,
    "needs train records, got none",
  );
});

Deno.test("a queue that is not ready, or closed, says so", async () => {
  const queue = await ShuffleQueue.open(new MemoryDataset([20_000]), {
    ...options,
    minQueueExamples: 19_980,
  });
  const batch = queue.allocateBatch();
  for (let i = 0; i < 2; i++) queue.take(batch); // 8 records are left of the first epoch
  assertThrows(() => queue.take(batch), Error, "needs 4 new records, got 0");
  await queue[Symbol.asyncDispose]();
  await assertRejects(() => queue.ready(), Error, "needs 4 new records, got 0");
});

Deno.test("an abort stops the queue with the signal's reason", async () => {
  const controller = new AbortController();
  const dataset = new MemoryDataset([30], { late: true });
  await using queue = await ShuffleQueue.open(dataset, { ...options, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => takeFrom(queue, 20), Error, "enough");
});
