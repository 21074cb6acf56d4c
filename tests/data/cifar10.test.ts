import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { cifar10, cifar10Archive, type Cifar10Options } from "../../lib/data/cifar10.ts";
import { countRecords, DataError } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import {
  ArchiveServer,
  fileContent,
  gzip,
  type Member,
  members,
  names,
  recordsPerFile,
  tar,
} from "./archive.ts";

const folder = "cifar-10-batches-bin";
const text = (value: string) => new TextEncoder().encode(value);

interface Scene {
  dir: string;
  server: ArchiveServer;
  open(options?: Partial<Cifar10Options>): ReturnType<typeof cifar10>;
}

/** A server of an archive, and a directory with a neighbour that must stay as it is. */
async function withArchive(
  archive: readonly Member[] | Uint8Array,
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const body = archive instanceof Uint8Array ? archive : await gzip(tar(archive));
  await using server = new ArchiveServer(body);
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/dir`);
    await Deno.writeTextFile(`${root}/neighbour`, "untouched");
    const dir = `${root}/dir`;
    const open = (options: Partial<Cifar10Options> = {}) =>
      cifar10({ dir, recordsPerFile, archive: server.remote, ...options });
    await use({ dir, server, open });
    assertEquals([...Deno.readDirSync(root)].map(({ name }) => name).sort(), ["dir", "neighbour"]);
    assertEquals(await Deno.readTextFile(`${root}/neighbour`), "untouched");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function list(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

async function assertUnpacked(dir: string): Promise<void> {
  assertEquals(list(dir), [folder, "cifar-10-binary.tar.gz"].sort());
  assertEquals(list(`${dir}/${folder}`), names);
  for (const name of names) {
    assertEquals(await Deno.readFile(`${dir}/${folder}/${name}`), fileContent(name));
  }
}

async function failure(scene: Scene, options?: Partial<Cifar10Options>): Promise<string> {
  return (await assertRejects(() => scene.open(options), DataError)).message;
}

Deno.test("the same files have one fingerprint wherever they lie, others have another", async () => {
  const fingerprintOf = async (members: readonly Member[]) => {
    let fingerprint: string | undefined;
    await withArchive(members, async ({ open }) => {
      ({ fingerprint } = await open());
    });
    return fingerprint;
  };
  const one = await fingerprintOf(members);
  assert(one);
  assertEquals(await fingerprintOf(members), one);
  const others = members.map((member) =>
    member.name.endsWith("data_batch_3.bin")
      ? { ...member, content: fileContent("data_batch_2.bin") }
      : member
  );
  assert(await fingerprintOf(others) !== one);
});

Deno.test("it is downloaded once, unpacked and read in the published order", async () => {
  await withArchive(members, async ({ dir, server, open }) => {
    const dataset = await open();
    await assertUnpacked(dir);
    assertEquals(dataset.classes.slice(0, 2), ["airplane", "automobile"]);
    assertEquals(countRecords(dataset, "train"), 150);
    const images: Uint8Array[] = [], labels: number[] = [];
    for await (const batch of inOrder(dataset, { split: "train", batchSize: 7 })) {
      images.push(batch.images.slice());
      labels.push(...batch.labels);
    }
    assertEquals(labels, Array.from({ length: 150 }, (_, i) => i % 10));
    assertEquals(images[0].slice(0, 3072), fileContent("data_batch_1.bin").slice(1, 3073));
    for await (const { indices } of inOrder(dataset, { split: "test", batchSize: 30 })) {
      assertEquals(indices.length, 30);
    }
    await open();
    assertEquals(server.requests.length, 1);
  });
});

Deno.test("the published archive is what is downloaded by default", () => {
  assertEquals(cifar10Archive, {
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
  });
});

Deno.test("files in the directory itself are used as well, and the names beside them", async () => {
  await withArchive([], async ({ dir, server, open }) => {
    for (const name of names) await Deno.writeFile(`${dir}/${name}`, fileContent(name));
    assertEquals((await open()).parts.test[0].name, `${dir}/test_batch.bin`);
    await Deno.writeTextFile(`${dir}/batches.meta.txt`, [..."abcdefghij", "", ""].join("\n"));
    assertEquals((await open()).classes, [..."abcdefghij"]);
    await Deno.writeTextFile(`${dir}/batches.meta.txt`, "a\nb\n");
    await assertRejects(open, DataError, "needs 10 names of classes, got 2");
    assertEquals(server.requests.length, 0);
  });
});

Deno.test("an archive that came by other means is checked and unpacked", async () => {
  await withArchive(members, async (scene) => {
    const path = `${scene.dir}/cifar-10-binary.tar.gz`;
    await Deno.writeFile(path, scene.server.body.subarray(0, 1000));
    assertStringIncludes(await failure(scene), `Cannot use ${path}: needs the MD5`);
    await Deno.writeFile(path, scene.server.body);
    await scene.open();
    await assertUnpacked(scene.dir);
    assertEquals(scene.server.requests.length, 0);
  });
});

Deno.test("a file of the wrong length is never used, and named", async () => {
  await withArchive(members, async (scene) => {
    await scene.open();
    const path = `${scene.dir}/${folder}/data_batch_3.bin`;
    await Deno.truncate(path, 3073 * 29);
    assertEquals(
      await failure(scene),
      `Cannot use ${path}: needs 92190 bytes, got 89117; remove it to have it fetched again`,
    );
    await Deno.remove(path);
    await scene.open();
    await assertUnpacked(scene.dir);
  });
});

Deno.test("a broken download goes on, and nothing is unpacked before it is whole", async () => {
  await withArchive(members, async (scene) => {
    scene.server.behaviour = { ranges: true, cutAfter: 200_000 };
    const message = await failure(scene);
    assertStringIncludes(message, "run it again to go on after 200000 bytes");
    assertEquals(message.endsWith(", or put the file there by other means"), true, message);
    assertEquals(list(scene.dir).includes(folder), false);
    scene.server.behaviour = { ranges: true };
    await scene.open();
    await assertUnpacked(scene.dir);
  });
});

Deno.test("an archive with the wrong checksum is not unpacked", async () => {
  await withArchive(members, async (scene) => {
    const archive = { ...scene.server.remote, md5: "0".repeat(32) };
    assertStringIncludes(await failure(scene, { archive }), `needs to have the MD5 ${archive.md5}`);
    assertEquals(list(scene.dir).includes(folder), false);
  });
});

Deno.test("entries that lead outside, links and devices are never written", async () => {
  const evil = text("evil");
  const hostile: Member[] = [
    { name: "../neighbour", content: evil },
    { name: "../../neighbour", content: evil },
    { name: `${folder}/../../neighbour`, content: evil },
    { name: `${folder}/../../../${"../".repeat(9)}tmp/tower-was-here`, content: evil },
    { name: "/tmp/tower-was-here", content: evil },
    { name: "tmp/tower-was-here", prefix: "/", content: evil },
    { name: folder, type: "2", link: "/tmp" },
    { name: `${folder}/link`, type: "2", link: "../../neighbour" },
    { name: `${folder}/hard`, type: "1", link: "../../neighbour" },
    { name: `${folder}/device`, type: "3" },
    { name: `${folder}/pipe`, type: "6" },
    { name: `${folder}/extra.bin`, content: evil },
    { name: `./${folder}/sub/data_batch_1.bin`, content: evil },
  ];
  await withArchive([...hostile, ...members, ...hostile], async ({ dir, open }) => {
    await open();
    await assertUnpacked(dir);
    await assertRejects(() => Deno.stat("/tmp/tower-was-here"), Deno.errors.NotFound);
  });
});

Deno.test("a link in place of a file is refused", async () => {
  for (const type of ["1", "2"]) {
    const link = { name: `${folder}/data_batch_2.bin`, type, link: "../../neighbour" };
    await withArchive([link, ...members], async (scene) => {
      const message = await failure(scene);
      assertStringIncludes(message, `needs ${link.name} to be a file of 92190 bytes`);
      assertStringIncludes(message, `got an entry of type ${type} and 0 bytes`);
      assertEquals(list(`${scene.dir}/${folder}`), []);
    });
  }
});

Deno.test("a member that is missing, or has another length, is named", async () => {
  const without = members.filter(({ name }) => !name.endsWith("test_batch.bin"));
  await withArchive(without, async (scene) => {
    assertStringIncludes(await failure(scene), `needs ${folder}/test_batch.bin in it`);
  });
  await withArchive(members, async (scene) => {
    const message = await failure(scene, { recordsPerFile: 31 });
    assertStringIncludes(message, `needs ${folder}/data_batch_1.bin to be a file of 95263 bytes`);
  });
});

Deno.test("a damaged archive leaves only whole files", async () => {
  const whole = await gzip(tar(members));
  await withArchive(whole.subarray(0, whole.length / 2), async (scene) => {
    const message = await failure(scene);
    assertStringIncludes(message, `Cannot unpack ${scene.dir}/cifar-10-binary.tar.gz: `);
    const left = list(`${scene.dir}/${folder}`);
    assert(left.length < 6);
    for (const name of left) {
      assertEquals(await Deno.readFile(`${scene.dir}/${folder}/${name}`), fileContent(name));
    }
  });
});

Deno.test("an abort while unpacking leaves only whole files, and the next call finishes", async () => {
  await withArchive(members, async ({ dir, open }) => {
    const controller = new AbortController();
    const onProgress = ({ received, total }: { received: number; total: number }) => {
      if (received === total) setTimeout(() => controller.abort(new Error("enough")), 6);
    };
    const opened = open({ signal: controller.signal, onProgress });
    const error = await opened.then(() => undefined, (error) => error);
    if (error) assertEquals(error.message, "enough");
    for (const name of list(`${dir}/${folder}`)) {
      assertEquals(await Deno.readFile(`${dir}/${folder}/${name}`), fileContent(name));
    }
    await open();
    await assertUnpacked(dir);
  });
});

Deno.test("what a killed process left half unpacked is removed", async () => {
  await withArchive(members, async ({ dir, open }) => {
    await Deno.mkdir(`${dir}/${folder}`);
    await Deno.writeTextFile(`${dir}/${folder}/.data_batch_1.bin.0123abcd.partial`, "half");
    await open();
    await assertUnpacked(dir);
  });
});

Deno.test("several at once end with the same files, after one download", async () => {
  await withArchive(members, async ({ dir, server, open }) => {
    await Promise.all([open(), open(), open()]);
    assertEquals(server.requests.length, 1);
    await assertUnpacked(dir);
  });
});

const shared = new URL("../../../shared/cifar10/unpack.ts", import.meta.url);
const pack = await Deno.stat(shared).catch(() => null);
Deno.test({
  name: "published records are read from disk (skipped where the pack of them is not at hand)",
  ignore: !pack,
  fn: async () => {
    const dir = await Deno.makeTempDir();
    try {
      const args = ["run", "-A", "--no-config", "--no-lock", shared.pathname, dir, "--small"];
      const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "null" })
        .output();
      assert(success);
      const dataset = await cifar10({ dir, recordsPerFile: 1017 });
      const counts = new Uint32Array(10), first: number[] = [];
      for await (const { labels } of inOrder(dataset, { split: "train", batchSize: 128 })) {
        if (first.length === 0) first.push(...labels.slice(0, 5));
        for (const label of labels) counts[label]++;
      }
      assertEquals(
        first.map((label) => dataset.classes[label]),
        "frog truck truck deer automobile".split(" "),
      );
      assertEquals(counts.reduce((a, b) => a + b), 5 * 1017);
      assert(counts.every((count) => count > 420 && count < 600), `${counts}`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
