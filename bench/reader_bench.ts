/**
 * How fast records come from the disk (its cache, once they have been read): the reader alone, in
 * order, and through the shuffle queue with batches prepared ahead.
 *
 *   deno run --allow-read --allow-write bench/reader_bench.ts
 */

import { table } from "../lib/cli/table.ts";
import { cifar10 } from "../lib/data/cifar10.ts";
import { countRecords, type Dataset, recordBytes } from "../lib/data/dataset.ts";
import { inOrder } from "../lib/data/in_order.ts";
import { Prefetch } from "../lib/data/prefetch.ts";
import { readRecords } from "../lib/data/records.ts";
import { shapes } from "../lib/data/shapes.ts";
import { Rng } from "../lib/rng.ts";

const BATCH = 128, ROUNDS = 5;

/** Noise in the files of CIFAR-10, at its size. */
async function writeNoise(dir: string): Promise<void> {
  const bytes = new Uint8Array(10_000 * 3073);
  for (
    const name of ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4"].concat(
      "data_batch_5",
      "test_batch",
    )
  ) {
    for (let at = 0; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    for (let at = 0; at < bytes.length; at += 3073) bytes[at] %= 10;
    await Deno.writeFile(`${dir}/${name}.bin`, bytes);
  }
}

/** Every record that the batches in order bring is the one in the file. */
async function verify(dataset: Dataset, dir: string): Promise<void> {
  const file = await Deno.readFile(`${dir}/test_batch.bin`);
  for await (
    const { images, labels, indices } of inOrder(dataset, { split: "test", batchSize: BATCH })
  ) {
    indices.forEach((index, i) => {
      const record = file.subarray(index * 3073, (index + 1) * 3073);
      const same = labels[i] === record[0] &&
        images.subarray(i * 3072, (i + 1) * 3072).every((value, p) => value === record[p + 1]);
      if (!same) throw new Error(`Record ${index} is not the one in the file`);
    });
  }
}

/** Milliseconds of each of a few runs, the first left out. */
async function time(run: () => Promise<void>): Promise<number[]> {
  const times = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.slice(1).sort((a, b) => a - b);
}

async function readAll(dataset: Dataset): Promise<void> {
  for (const part of dataset.parts.train) for await (const _ of readRecords(dataset, part));
}

async function batchesInOrder(dataset: Dataset): Promise<void> {
  for await (const _ of inOrder(dataset, { split: "train", batchSize: BATCH }));
}

async function measure(dataset: Dataset): Promise<string[][]> {
  const records = countRecords(dataset, "train");
  const megabytes = records * recordBytes(dataset.format) / 1e6;
  await using batches = await Prefetch.open(dataset, { rng: Rng.from(1), batchSize: BATCH });
  const epoch = async () => {
    for (let taken = 0; taken < records; taken += BATCH) await batches.next();
  };
  const rows = [];
  for (
    const [name, run] of Object.entries({
      reader: () => readAll(dataset),
      "in order": () => batchesInOrder(dataset),
      "shuffled, ahead": epoch,
    })
  ) {
    const times = await time(run);
    const [best, median] = [times[0], times[times.length >> 1]];
    rows.push([
      dataset.name,
      name,
      (megabytes / median * 1e3).toFixed(0),
      (median / records * BATCH).toFixed(3),
      (best / records * BATCH).toFixed(3),
    ]);
  }
  return rows;
}

const dir = await Deno.makeTempDir();
try {
  await writeNoise(dir);
  const cifar = await cifar10({ dir });
  await verify(cifar, dir);
  const rows = [...await measure(cifar), ...await measure(shapes({ train: 10_000 }))];
  const headings = ["data", "way", "MB/s", `ms per ${BATCH}`, "at best"];
  for (const line of table(headings, rows)) console.log(line);
} finally {
  await Deno.remove(dir, { recursive: true });
}
