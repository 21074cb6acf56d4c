import { assertEquals, assertRejects } from "@std/assert";
import { cifar100, cifar100Archive } from "../../lib/data/cifar100.ts";
import { countRecords, DataError } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { Rng } from "../../lib/rng.ts";
import { ArchiveServer, gzip, tar } from "./archive.ts";

const records = { train: 120, test: 40 };

/** Noise with both labels in range. */
function content(split: "train" | "test"): Uint8Array {
  const rng = Rng.from(1).split(split);
  const bytes = Uint8Array.from({ length: records[split] * 3074 }, () => rng.uint32());
  for (let i = 0; i < records[split]; i++) bytes.set([i % 20, (7 * i) % 100], i * 3074);
  return bytes;
}

async function withArchive(
  use: (scene: { dir: string; server: ArchiveServer }) => Promise<void>,
): Promise<void> {
  const folder = "cifar-100-binary";
  const body = await gzip(tar([
    { name: `${folder}/`, type: "5" },
    { name: `${folder}/coarse_label_names.txt`, content: new Uint8Array(3) },
    { name: `${folder}/test.bin`, content: content("test") },
    { name: `${folder}/train.bin`, content: content("train") },
  ]));
  await using server = new ArchiveServer(body);
  const dir = await Deno.makeTempDir();
  try {
    await use({ dir, server });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("CIFAR-100 is downloaded once and read with its 100 classes or its 20 groups", async () => {
  await withArchive(async ({ dir, server }) => {
    const options = { dir, records, archive: server.remote };
    for (
      const [labels, name, at] of [["fine", "cifar100", 1], [
        "coarse",
        "cifar100-coarse",
        0,
      ]] as const
    ) {
      const dataset = await cifar100({ ...options, labels });
      assertEquals([dataset.name, countRecords(dataset, "train")], [name, 120]);
      for (const split of ["train", "test"] as const) {
        let i = 0;
        for await (const batch of inOrder(dataset, { split, batchSize: 1 })) {
          const record = content(split).subarray(i * 3074, (i + 1) * 3074);
          if (i % 37 === 0) assertEquals(batch.images, record.slice(2));
          assertEquals(batch.labels[0], record[at]);
          i++;
        }
        assertEquals(i, records[split]);
      }
    }
    assertEquals(server.requests.length, 1);
  });
});

Deno.test("the published archive and names are what is used by default", async () => {
  assertEquals(cifar100Archive, {
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    md5: "03b5dce01913d631647c71ecec9e9cb8",
  });
  await withArchive(async ({ dir, server }) => {
    const options = { dir, records, archive: server.remote };
    const fine = (await cifar100(options)).classes;
    const coarse = (await cifar100({ ...options, labels: "coarse" })).classes;
    assertEquals([fine.length, coarse.length], [100, 20]);
    assertEquals([fine[0], fine[51], fine[99]], ["apple", "mushroom", "worm"]);
    assertEquals([...fine].sort(), [...fine]);
    assertEquals([coarse[0], coarse[13], coarse[19]], [
      "aquatic_mammals",
      "non-insect_invertebrates",
      "vehicles_2",
    ]);
    const path = `${dir}/cifar-100-binary/coarse_label_names.txt`;
    await Deno.writeTextFile(path, "a\nb\n");
    await assertRejects(
      () => cifar100({ ...options, labels: "coarse" }),
      DataError,
      `Cannot use ${path}: needs 20 names of classes, got 2`,
    );
  });
});

Deno.test("a file of CIFAR-100 of the wrong length is refused by name", async () => {
  await withArchive(async ({ dir, server }) => {
    const options = { dir, records, archive: server.remote };
    await cifar100(options);
    const path = `${dir}/cifar-100-binary/test.bin`;
    await Deno.truncate(path, 1000);
    await assertRejects(
      () => cifar100(options),
      DataError,
      `Cannot use ${path}: needs 122960 bytes, got 1000`,
    );
  });
});
