import { assertEquals, assertRejects } from "@std/assert";
import { countRecords, DataError } from "../../lib/data/dataset.ts";
import { datasetOf, type DatasetOfOptions, type Example } from "../../lib/data/dataset_of.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { ShuffleQueue } from "../../lib/data/shuffle_queue.ts";
import { Rng } from "../../lib/rng.ts";

function* numbered(count: number): Generator<Example> {
  for (let i = 0; i < count; i++) {
    yield { image: Uint8Array.of(i >> 8, i, 0, 0, 0, 7), label: i % 3 };
  }
}

const options: DatasetOfOptions = {
  name: "numbers",
  classes: ["a", "b", "c"],
  format: { height: 1, width: 2, channels: 3 },
  train: () => numbered(500),
  async *test() {
    for (const example of numbered(5)) {
      await Promise.resolve();
      yield example;
    }
  },
};

Deno.test("examples of iterables, waited for or not, come out as they went in", async () => {
  const dataset = await datasetOf(options);
  assertEquals([countRecords(dataset, "train"), countRecords(dataset, "test")], [500, 5]);
  const labels: number[] = [], images: number[] = [];
  for await (const batch of inOrder(dataset, { split: "test", batchSize: 2 })) {
    labels.push(...batch.labels);
    images.push(...batch.images);
  }
  assertEquals(labels, [0, 1, 2, 0, 1]);
  assertEquals(images, [...numbered(5)].flatMap(({ image }) => [...image]));
});

Deno.test("they go through the shuffle queue, which takes up its state to the byte", async () => {
  const dataset = await datasetOf(options);
  const settings = { rng: Rng.from(1), batchSize: 8, minQueueExamples: 100 };
  await using queue = await ShuffleQueue.open(dataset, settings);
  const batch = queue.allocateBatch();
  const next = async (queue: ShuffleQueue) => {
    await queue.ready();
    queue.take(batch);
    return { images: batch.images.slice(), labels: batch.labels.slice() };
  };
  for (let i = 0; i < 90; i++) await next(queue); // into the second epoch
  const state = JSON.parse(JSON.stringify({ ...queue.state(), indices: undefined }));
  const { indices } = queue.state();
  await using resumed = await ShuffleQueue.open(dataset, {
    ...settings,
    state: { ...state, indices },
  });
  for (let i = 0; i < 20; i++) assertEquals(await next(resumed), await next(queue));
});

Deno.test("leaving early closes the iterable", async () => {
  let closed = 0;
  const train = function* () {
    try {
      yield* numbered(500_000);
    } finally {
      closed++;
    }
  };
  const dataset = await datasetOf({ ...options, train, records: { train: 500_000 } });
  assertEquals(closed, 0, "what is known is not counted");
  for await (const _ of inOrder(dataset, { split: "train", batchSize: 4 })) break;
  assertEquals(closed, 1);
});

Deno.test("a picture of another size and a label without a class are refused by number", async () => {
  const cases: [Example, string][] = [
    [{ image: new Uint8Array(5), label: 0 }, "needs 6 bytes in example 1, got 5"],
    [{ image: new Uint8Array(6), label: 3 }, "needs a label from 0 to 2 in example 1, got 3"],
    [{ image: new Uint8Array(6), label: 256 }, "needs a label from 0 to 2 in example 1, got 256"],
    [{ image: new Uint8Array(6), label: 0.5 }, "needs a label from 0 to 2 in example 1, got 0.5"],
  ];
  for (const [bad, message] of cases) {
    const dataset = await datasetOf({ ...options, test: () => [...numbered(1), bad] });
    await assertRejects(
      async () => {
        for await (const _ of inOrder(dataset, { split: "test", batchSize: 1 }));
      },
      DataError,
      `Cannot read numbers test: ${message}`,
    );
  }
});

Deno.test("a source that gives other than it did is told that each call has to give the same", async () => {
  const cases: [DatasetOfOptions["test"], got: string][] = [];
  let given = 6;
  cases.push([() => numbered(given--), "5"]);
  const once = numbered(6);
  cases.push([() => once, "0"]);
  let more = 6;
  cases.push([() => numbered(more++), "more"]);
  for (const [test, got] of cases) {
    const dataset = await datasetOf({ ...options, test });
    await assertRejects(
      async () => {
        for await (const _ of inOrder(dataset, { split: "test", batchSize: 1 }));
      },
      DataError,
      `Cannot read numbers test: needs 6 examples, got ${got}; each call of \`test\` has to give the same ` +
        "ones, so make an iterator anew in it",
    );
  }
});

Deno.test("more classes than a label byte can tell apart are refused", async () => {
  const classes = Array.from({ length: 257 }, (_, i) => `${i}`);
  await assertRejects(() => datasetOf({ ...options, classes }), RangeError, "at most 256");
});
