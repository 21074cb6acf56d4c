import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { countRecords, DataError, type Dataset, type Split } from "../../lib/data/dataset.ts";
import { folder, type FolderOptions } from "../../lib/data/folder.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { imageFiles } from "./image_files.ts";

/** Files by their paths. */
type Files = Record<string, Uint8Array>;

/** A picture of one colour. */
const png = (red: number, green: number, blue: number, height = 4, width = 4) =>
  encodePng({
    height,
    width,
    channels: 3,
    bytes: new Uint8Array(3 * height * width).map((_, i) => [red, green, blue][i % 3]),
  });

async function withFiles(files: Files, use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await write(dir, files);
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function write(dir: string, files: Files): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await Deno.mkdir(dirname(`${dir}/${path}`), { recursive: true });
    await Deno.writeFile(`${dir}/${path}`, bytes);
  }
}

const list = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();

/** Label, and first value of each plane, of every record. */
async function contents(dataset: Dataset, split: Split): Promise<number[][]> {
  const plane = dataset.format.height * dataset.format.width;
  const all = [];
  for await (const { images, labels } of inOrder(dataset, { split, batchSize: 1 })) {
    all.push([labels[0], images[0], images[plane], images[2 * plane]]);
  }
  return all;
}

/** Red and green pictures, whose blue is their number. */
async function redAndGreen(count: number): Promise<Files> {
  const files: Files = {};
  for (let i = 0; i < count; i++) {
    files[`red/${i}.png`] = await png(255, 0, i);
    files[`green/${i}.png`] = await png(0, 255, i);
  }
  return files;
}

async function failure(dir: string, options: Partial<FolderOptions> = {}): Promise<string> {
  return (await assertRejects(() => folder({ dir, ...options }), DataError)).message;
}

Deno.test("each folder is a class, and its pictures are split by their names", async () => {
  await withFiles(await redAndGreen(50), async (dir) => {
    const dataset = await folder({ dir });
    assertEquals(dataset.classes, ["green", "red"]);
    assertEquals(dataset.format, { labelBytes: 1, labelAt: 0, height: 32, width: 32, channels: 3 });
    const [train, test] = [await contents(dataset, "train"), await contents(dataset, "test")];
    assertEquals(train.length + test.length, 100);
    assert(test.length >= 4 && test.length <= 20, `${test.length} of 100`);
    const all = [...train, ...test].map((values) => values.join(" ")).sort();
    const wanted = Array.from({ length: 50 }, (_, i) => [`1 255 0 ${i}`, `0 0 255 ${i}`]).flat();
    assertEquals(all, wanted.sort());
    const changes = train.filter(([label], i) => i > 0 && label !== train[i - 1][0]).length;
    assert(changes > train.length / 4, "classes have to be mixed");
    assertEquals(await contents(await folder({ dir }), "train"), train);

    // Whatever else is added, who is judged by what stays.
    const judged = new Set(test.map((values) => values.join(" ")));
    await write(dir, { "red/another.png": await png(254, 0, 0) });
    const after = await contents(await folder({ dir }), "test");
    for (const values of after) {
      assert(judged.delete(values.join(" ")) || values[1] === 254, `${values} is new`);
    }
    assertEquals(judged.size, 0);
  });
});

Deno.test("train and test are taken as they are, with folders in them and links", async () => {
  const files = {
    "train/b/deep/er/1.PNG": await png(1, 0, 0),
    "train/a/2.jpeg": Uint8Array.fromBase64(imageFiles["grey.jpg"]),
    "train/a/.hidden.png": new Uint8Array(3),
    "train/a/notes.txt": new Uint8Array(3),
    "test/b/3.png": await png(3, 0, 0),
    "elsewhere.png": await png(4, 0, 0),
  };
  await withFiles(files, async (dir) => {
    await Deno.symlink(`${dir}/elsewhere.png`, `${dir}/test/b/4.png`);
    const dataset = await folder({ dir });
    assertEquals(dataset.classes, ["a", "b"]);
    assertEquals(countRecords(dataset, "train"), 2);
    assertEquals((await contents(dataset, "test")).map(([label, red]) => [label, red]).sort(), [
      [1, 3],
      [1, 4],
    ]);

    const linked = `${dir}/linked`;
    await Deno.mkdir(linked);
    for (const split of ["train", "test"]) {
      await Deno.symlink(`${dir}/${split}`, `${linked}/${split}`);
    }
    assertEquals(
      await contents(await folder({ dir: linked }), "test"),
      await contents(dataset, "test"),
    );
    assertEquals(list(linked), [".tower", "test", "train"]);
  });
});

Deno.test("pictures are cut to their middle and resized to the size that is asked for", async () => {
  const bytes = new Uint8Array(3 * 4 * 12).map((_, i) =>
    Math.floor(i / 3) % 12 >> 2 === 1 ? 9 : 255
  );
  const wide = await encodePng({ height: 4, width: 12, channels: 3, bytes });
  await withFiles(
    { "train/a/1.png": wide, "train/b/1.png": wide, "test/a/1.png": wide },
    async (dir) => {
      const dataset = await folder({ dir, size: 2 });
      for await (const { images } of inOrder(dataset, { split: "test", batchSize: 1 })) {
        assertEquals([...images], Array(12).fill(9));
      }
      assertEquals(list(`${dir}/.tower`).map((name) => name.replace(/-.*/, "")), ["2x2"]);
    },
  );
});

Deno.test("pictures are resized once, and again when one has changed", async () => {
  await withFiles(await redAndGreen(20), async (dir) => {
    const progress: number[] = [];
    const options = {
      dir,
      cacheDir: `${dir}/.cache/of`,
      onProgress: ({ received, total }: { received: number; total: number }) =>
        void progress.push(received / total),
    };
    await folder(options);
    assertEquals([progress.length, progress.at(-1)], [40, 1]);
    const [first] = list(options.cacheDir);
    await folder(options);
    assertEquals(progress.length, 40);
    const longAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    await Deno.utime(`${options.cacheDir}/${first}`, longAgo, longAgo);

    await Deno.writeFile(`${dir}/red/3.png`, await png(200, 0, 3));
    await Deno.utime(`${dir}/red/3.png`, new Date(), new Date(Date.now() + 10_000));
    const changed = await folder(options);
    assertEquals(progress.length, 80);
    const all = [...await contents(changed, "train"), ...await contents(changed, "test")];
    assertEquals(all.filter(([, red]) => red === 200), [[1, 200, 0, 3]]);
    assertEquals(list(options.cacheDir).length, 1);
    assert(list(options.cacheDir)[0] !== first, "what was made before is removed");
    assertEquals(list(dir), [".cache", "green", "red"]);

    await Deno.truncate(`${options.cacheDir}/${list(options.cacheDir)[0]}`, 100);
    await folder(options);
    assertEquals(progress.length, 120);
  });
});

Deno.test("what a run reads stays while it does, whatever happens to the folder", async () => {
  await withFiles(await redAndGreen(20), async (dir) => {
    const running = await folder({ dir });
    const before = await contents(running, "train");
    const longAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    const [made] = list(`${dir}/.tower`);
    await Deno.utime(`${dir}/.tower/${made}`, longAgo, longAgo);
    assertEquals(await contents(running, "train"), before); // which opens it

    await write(dir, { "red/another.png": await png(254, 0, 0) });
    await folder({ dir });
    assertEquals(list(`${dir}/.tower`).length, 2);
    assertEquals(await contents(running, "train"), before);

    const half = await folder({ dir, testFraction: 0.5 });
    await folder({ dir });
    assert((await contents(half, "test")).length > 5, "another split of the same folder stays too");
  });
});

Deno.test("broken pictures are refused by name after all were tried, and nothing is made", async () => {
  const files = await redAndGreen(10);
  const broken = ["green/1.png", "green/7.png", "red/0.png", "red/5.png"];
  for (const path of broken) files[path] = files[path].subarray(0, 50);
  await withFiles(files, async (dir) => {
    const message = await failure(dir);
    assertStringIncludes(
      message,
      `Cannot use ${dir}: needs pictures that can be decoded, got 4 of 20 that cannot; repair or ` +
        `remove them, all are listed in ${dir}/.tower/broken.txt. Cannot decode ${dir}/`,
    );
    assertEquals(list(`${dir}/.tower`), ["broken.txt"]);
    const named = (await Deno.readTextFile(`${dir}/.tower/broken.txt`)).trim().split("\n");
    assertEquals(named.sort(), broken.map((path) => `${dir}/${path}`));
    for (const path of named) await Deno.remove(path);
    const dataset = await folder({ dir });
    assertEquals(countRecords(dataset, "train") + countRecords(dataset, "test"), 16);
    assertEquals(list(`${dir}/.tower`).length, 1, "the list is gone too");
  });
});

Deno.test("the same pictures have one fingerprint wherever they lie, others have another", async () => {
  const files = await redAndGreen(20);
  const fingerprintOf = async (files: Files) => {
    let fingerprint: string | undefined;
    await withFiles(files, async (dir) => {
      ({ fingerprint } = await folder({ dir }));
    });
    return fingerprint;
  };
  const one = await fingerprintOf(files);
  assert(one);
  assertEquals(await fingerprintOf(files), one);
  const { "red/3.png": moved, ...rest } = files;
  assert(await fingerprintOf({ ...rest, "red/99.png": moved }) !== one);
});

Deno.test("a folder that is none of classes is refused by what it lacks", async () => {
  const one = await png(0, 0, 0);
  const cases: [Files, string][] = [
    [{ "a.png": one }, "needs a folder of pictures for each of 2 to 256 classes, got 0"],
    [{ "cats/a.png": one }, "2 to 256 classes, got 1 (cats)"],
    [{ "a/1.png": one, "b/1.webp": one }, "got 1 others, such as 1.webp; convert them"],
    [{ "a/1.png": one, "b/.x": one }, "b: needs PNG or JPEG files (.png, .jpg, .jpeg), got none"],
    [
      { "train/a/1.png": one, "train/b/1.png": one, "test/c/1.png": one },
      "got c too; give it pictures to learn from",
    ],
  ];
  for (const [files, expected] of cases) {
    await withFiles(files, async (dir) => assertStringIncludes(await failure(dir), expected));
  }
  await withFiles({ "a/1.png": one, "b/1.png": one }, async (dir) => {
    assertStringIncludes(await failure(dir, { testFraction: 1e-9 }), "got 2 and 0; add more");
    assertEquals(countRecords(await folder({ dir, testFraction: 0 }), "train"), 2);
    await assertRejects(() => folder({ dir, testFraction: 1 }), RangeError, "got 1");
    await assertRejects(() => folder({ dir, size: 0 }), RangeError, "got 0");
  });
  // A hash that falls to the tenth that is to be judged by.
  await withFiles({ "a/1.png": one, "a/2.png": one, "lone/3.png": one }, async (dir) => {
    assertStringIncludes(await failure(dir), "needs pictures of lone to learn from, got none");
  });
  assertEquals(
    await failure("/no/such/photos"),
    "Cannot use /no/such/photos: needs a folder, got none",
  );
});

Deno.test("a signal stops the resizing and leaves nothing half made", async () => {
  await withFiles(await redAndGreen(10), async (dir) => {
    const controller = new AbortController(), reason = new Error("enough");
    const onProgress = () => controller.abort(reason);
    const error = await assertRejects(() => folder({ dir, onProgress, signal: controller.signal }));
    assertEquals(error, reason);
    assertEquals(list(`${dir}/.tower`), []);
  });
});
