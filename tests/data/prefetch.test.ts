import { assert, assertEquals, assertRejects } from "@std/assert";
import { DataError, type Dataset, recordBytes } from "../../lib/data/dataset.ts";
import { filePart } from "../../lib/data/file_part.ts";
import { Prefetch, type PrefetchOptions } from "../../lib/data/prefetch.ts";
import { ShuffleQueue } from "../../lib/data/shuffle_queue.ts";
import { Rng } from "../../lib/rng.ts";
import { MemoryDataset, record } from "./memory_dataset.ts";

const options = { rng: Rng.from(1), batchSize: 4, minQueueExamples: 20 };
const sizes = [30, 50, 7];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the queue gives when nothing runs ahead. */
async function unhurried(batches: number) {
  await using queue = await ShuffleQueue.open(new MemoryDataset(sizes), options);
  const batch = queue.allocateBatch(), taken = [], states = [];
  for (let i = 0; i < batches; i++) {
    await queue.ready();
    queue.take(batch);
    taken.push([...batch.indices]);
    states.push(queue.state());
  }
  return { taken, states };
}

async function nextBatches(batches: Prefetch, count: number): Promise<number[][]> {
  const taken = [];
  for (let i = 0; i < count; i++) taken.push([...(await batches.next()).indices]);
  return taken;
}

/** A file of records, of which the one numbered `bad` has a label out of range. */
async function withFile(records: number, bad: number, use: (dataset: Dataset) => Promise<void>) {
  const path = await Deno.makeTempFile();
  try {
    const bytes = new Uint8Array(records * 8);
    for (let i = 0; i < records; i++) bytes.set(record(i), i * 8);
    if (bad >= 0) bytes[bad * 8 + 1] = 77;
    await Deno.writeFile(path, bytes);
    const { name, classes, format } = new MemoryDataset([]);
    const parts = [filePart(path, { records })];
    await use({ name, classes, format, parts: { train: parts, test: parts } });
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("batches prepared ahead are those of the queue, and so is the state after each", async () => {
  const { taken, states } = await unhurried(60);
  for (const ahead of [1, 2, 3, 7]) {
    for (const late of [false, true]) {
      const dataset = new MemoryDataset(sizes, { late });
      await using batches = await Prefetch.open(dataset, { ...options, ahead });
      for (let i = 0; i < 60; i++) {
        if (i % 5 === 0) await sleep(0); // now and then, let it run as far ahead as it can
        assertEquals(await nextBatches(batches, 1), [taken[i]]);
        assertEquals(batches.state(), states[i]);
      }
    }
  }
});

Deno.test("a run goes on from any batch, wherever the preparation had come to", async () => {
  const { taken } = await unhurried(30);
  for (let done = 0; done < 30; done += 3) {
    const first = await Prefetch.open(new MemoryDataset(sizes), options);
    await nextBatches(first, done);
    if (done % 2) await sleep(1);
    const state = first.state();
    await first[Symbol.asyncDispose]();
    await using rest = await Prefetch.open(new MemoryDataset(sizes), { ...options, state });
    assertEquals(await nextBatches(rest, 30 - done), taken.slice(done));
  }
});

Deno.test("a batch stays as it is until the next is asked for, and memory is used again", async () => {
  await using batches = await Prefetch.open(new MemoryDataset(sizes), { ...options, ahead: 2 });
  const seen = new Set();
  for (let i = 0; i < 20; i++) {
    const batch = await batches.next();
    const copy = structuredClone({ images: batch.images, indices: batch.indices });
    await sleep(1);
    assertEquals({ images: batch.images, indices: batch.indices }, copy);
    seen.add(batch.images.buffer);
  }
  assertEquals(seen.size, 3); // two ahead, one in use
});

Deno.test("batches are there before they are asked for", async () => {
  await using batches = await Prefetch.open(new MemoryDataset([20_000]), { ...options, ahead: 3 });
  await sleep(10);
  let eventLoopTurned = false;
  const timer = setTimeout(() => eventLoopTurned = true);
  await nextBatches(batches, 3);
  clearTimeout(timer);
  assert(!eventLoopTurned);
});

Deno.test("bad data comes after the last good batch, every time it is asked for", async () => {
  await withFile(100_000, 60_000, async (dataset) => {
    await using batches = await Prefetch.open(dataset, { ...options, batchSize: 100 });
    await assertRejects(() => nextBatches(batches, 1000), DataError, "record 60000");
    await assertRejects(() => batches.next(), DataError, "record 60000");
    const { read } = batches.state();
    assert(read > 40_000 && read <= 60_000, `${read} records read`);
  });
});

Deno.test("bad data at the start comes when it is opened", async () => {
  await withFile(100, 3, async (dataset) => {
    await assertRejects(() => Prefetch.open(dataset, options), DataError, "record 3");
  });
});

Deno.test("an abort ends waiting and leaves the state of the last batch", async () => {
  const { taken, states } = await unhurried(5);
  const controller = new AbortController();
  const dataset = new MemoryDataset(sizes, { late: true });
  await using batches = await Prefetch.open(dataset, { ...options, signal: controller.signal });
  assertEquals(await nextBatches(batches, 5), taken);
  controller.abort(new Error("enough"));
  await assertRejects(() => batches.next(), Error, "enough");
  await sleep(5);
  assertEquals(batches.state(), states[4]);
});

// The sanitizer of Deno.test fails this if a file stays open.
Deno.test("files are closed by disposing and by an abort", async () => {
  await withFile(200_000, -1, async (dataset) => {
    assertEquals(recordBytes(dataset.format), 8);
    const opened: PrefetchOptions = { ...options, batchSize: 100 };
    {
      await using batches = await Prefetch.open(dataset, opened);
      await nextBatches(batches, 10);
    }
    const controller = new AbortController();
    await using batches = await Prefetch.open(dataset, { ...opened, signal: controller.signal });
    await nextBatches(batches, 10);
    controller.abort();
    await assertRejects(() => batches.next(), DOMException);
  });
});

Deno.test("nothing ahead is refused", async () => {
  const open = () => Prefetch.open(new MemoryDataset(sizes), { ...options, ahead: 0 });
  await assertRejects(open, RangeError, "needs at least 1 batch ahead, got 0");
});
