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

interface Pictures {
  images: Uint8Array;
  labels: Uint8Array;
}

async function load(dataset: Dataset, split: "train" | "test"): Promise<Pictures> {
  const batchSize = countRecords(dataset, split);
  for await (const batch of inOrder(dataset, { split, batchSize })) return batch;
  throw new Error("no pictures");
}

/** Every picture with mean 0 and standard deviation 1. */
function standardize({ images }: Pictures): Float32Array[] {
  return Array.from({ length: images.length / 3072 }, (_, i) => {
    const x = Float32Array.from(images.subarray(i * 3072, (i + 1) * 3072));
    const mean = x.reduce((a, b) => a + b) / 3072;
    const std = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 3072);
    return x.map((v) => (v - mean) / std);
  });
}

/** Probabilities of the classes under weights `w`, one row and a bias for each class. */
function softmax(x: Float32Array, w: readonly Float32Array[]): number[] {
  const logits = w.map((w) => {
    let sum = w[3072];
    for (let i = 0; i < 3072; i++) sum += x[i] * w[i];
    return sum;
  });
  const most = Math.max(...logits);
  const e = logits.map((logit) => Math.exp(logit - most));
  const sum = e.reduce((a, b) => a + b);
  return e.map((value) => value / sum);
}

/** Multinomial logistic regression by gradient descent on single pictures, ever smaller steps. */
function fitLinear(xs: Float32Array[], labels: Uint8Array, epochs: number): Float32Array[] {
  const w = Array.from({ length: 10 }, () => new Float32Array(3073));
  const rng = Rng.from(1), order = Array.from(xs.keys());
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.001 * (1 - epoch / epochs);
    for (const n of rng.shuffle(order)) {
      const x = xs[n];
      softmax(x, w).forEach((p, k) => {
        const row = w[k], step = rate * ((labels[n] === k ? 1 : 0) - p);
        for (let i = 0; i < 3072; i++) row[i] += step * x[i];
        row[3072] += step;
      });
    }
  }
  return w;
}

function accuracy(xs: Float32Array[], labels: Uint8Array, w: Float32Array[]): number {
  const right = xs.filter((x, n) => {
    const p = softmax(x, w);
    return p.indexOf(Math.max(...p)) === labels[n];
  });
  return right.length / xs.length;
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

Deno.test("a linear classifier of the pixels fits what it saw and stays under 60% on the rest", async () => {
  const dataset = shapes({ train: 4000, test: 1000 });
  const train = await load(dataset, "train"), test = await load(dataset, "test");
  const seen = standardize(train), unseen = standardize(test);
  const w = fitLinear(seen, train.labels, 6);
  const before = accuracy(seen, train.labels, w), after = accuracy(unseen, test.labels, w);
  assert(before > 0.35, `${before} of what it saw`);
  assert(after < 0.6, `${after} of the rest`);
});
