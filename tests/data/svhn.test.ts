import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { countRecords, DataError, type Dataset, type Split } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { svhn, svhnFiles, type SvhnOptions } from "../../lib/data/svhn.ts";
import { Rng } from "../../lib/rng.ts";
import { ArchiveServer } from "./archive.ts";
import { matFiles } from "./mat_files.ts";
import { matFile, type MatLayout, type Variable } from "./mat_writer.ts";

const compressed = Uint8Array.fromBase64(matFiles["compressed 10 1 9"]);
const plain = Uint8Array.fromBase64(matFiles["plain 7"]);

const value = (h: number, w: number, c: number, n: number) =>
  (3 * h + 5 * w + 70 * c + 11 * n) % 256;

/** Pictures as MATLAB keeps them, rows fastest. */
function pictures(count: number): Variable {
  const bytes = new Uint8Array(3072 * count);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = value(i % 32, (i >> 5) % 32, (i >> 10) % 3, Math.floor(i / 3072));
  }
  return { name: "X", arrayClass: 9, dims: [32, 32, 3, count], type: 2, bytes };
}

function digits(values: readonly number[]): Variable {
  const bytes = Uint8Array.from(values);
  return { name: "y", arrayClass: 9, dims: [values.length, 1], type: 2, bytes };
}

async function inDirectory(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const list = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name).sort();

async function put(dir: string, train: Uint8Array, test: Uint8Array = plain): Promise<void> {
  await Deno.writeFile(`${dir}/train_32x32.mat`, train);
  await Deno.writeFile(`${dir}/test_32x32.mat`, test);
}

async function assertHolds(dataset: Dataset, split: Split, labels: number[]): Promise<void> {
  assertEquals(countRecords(dataset, split), labels.length);
  let n = 0;
  for await (const batch of inOrder(dataset, { split, batchSize: 1 })) {
    assertEquals(batch.labels[0], labels[n]);
    const wanted = Uint8Array.from(
      { length: 3072 },
      (_, i) => value((i >> 5) % 32, i % 32, i >> 10, n),
    );
    assertEquals(batch.images, wanted);
    n++;
  }
  assertEquals(n, labels.length);
}

async function failure(dir: string, options: Partial<SvhnOptions> = {}): Promise<string> {
  return (await assertRejects(() => svhn({ dir, ...options }), DataError)).message;
}

Deno.test("files that scipy wrote come out as planes, with 10 as the digit 0", async () => {
  await inDirectory(async (dir) => {
    await put(dir, compressed);
    const dataset = await svhn({ dir });
    await assertHolds(dataset, "train", [0, 1, 9]);
    await assertHolds(dataset, "test", [7]);
    assertEquals(dataset.classes.join(""), "0123456789");
    assertEquals(dataset.flip, false);
  });
});

Deno.test("both orders of bytes, compressed or not, digits of any type first or last", async () => {
  const layouts: MatLayout[] = [true, false].flatMap((little) =>
    [true, false].map((compress) => ({ little, compress }))
  );
  for (const layout of layouts) {
    await inDirectory(async (dir) => {
      const doubles = new DataView(new ArrayBuffer(16)), shorts = new DataView(new ArrayBuffer(10));
      [10, 4].forEach((digit, i) => doubles.setFloat64(8 * i, digit, layout.little));
      [5, 6, 7, 8, 10].forEach((digit, i) => shorts.setInt16(2 * i, digit, layout.little));
      const y = { ...digits([0, 0]), arrayClass: 6 };
      await put(
        dir,
        await matFile(
          [{ ...y, type: 9, bytes: new Uint8Array(doubles.buffer) }, pictures(2)],
          layout,
        ),
        await matFile([
          pictures(5),
          { ...y, dims: [1, 5], type: 3, bytes: new Uint8Array(shorts.buffer) },
        ], layout),
      );
      const dataset = await svhn({ dir });
      await assertHolds(dataset, "train", [0, 4]);
      await assertHolds(dataset, "test", [5, 6, 7, 8, 0]);
    });
  }
});

/** The interpreter with scipy, where there is one. */
const python = ["python3", "/usr/bin/python3"].find((command) => {
  try {
    return new Deno.Command(command, { args: ["-c", "import scipy.io"], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
});

Deno.test({
  name: "what scipy reads of a file is what comes out here (needs python3-scipy)",
  ignore: !python,
  async fn() {
    await inDirectory(async (dir) => {
      const write = `import sys, numpy as np, scipy.io
rng = np.random.default_rng(1)
for split, n, packed in (("train", 300, True), ("test", 70, False)):
    x = rng.integers(0, 256, (32, 32, 3, n), np.uint8)
    y = rng.integers(1, 11, (n, 1)).astype(np.uint8 if packed else np.float64)
    scipy.io.savemat(f"{sys.argv[1]}/{split}_32x32.mat", {"X": x, "y": y}, do_compression=packed)
    m = scipy.io.loadmat(f"{sys.argv[1]}/{split}_32x32.mat")
    planes = m["X"].transpose(3, 2, 0, 1).reshape(n, -1)
    np.concatenate([m["y"] % 10, planes], 1).astype(np.uint8).tofile(f"{sys.argv[1]}/{split}.raw")
`;
      const { success } = await new Deno.Command(python!, { args: ["-c", write, dir] }).output();
      assert(success);
      await svhn({ dir });
      for (const split of ["train", "test"]) {
        const [got, wanted] = [`${split}_32x32.bin`, `${split}.raw`];
        assertEquals(await Deno.readFile(`${dir}/${got}`), await Deno.readFile(`${dir}/${wanted}`));
      }
    });
  },
});

Deno.test("files are turned into records once, and again when they are newer", async () => {
  await inDirectory(async (dir) => {
    await put(dir, compressed);
    const seen: number[] = [];
    await svhn({ dir, onProgress: ({ received, total }) => seen.push(received / total) });
    assertEquals(seen, [1, 1]);
    const made = (await Deno.stat(`${dir}/train_32x32.bin`)).mtime;
    await svhn({ dir });
    assertEquals((await Deno.stat(`${dir}/train_32x32.bin`)).mtime, made);
    await put(dir, await matFile([pictures(2), digits([3, 4])]));
    const later = new Date(Date.now() + 10_000);
    await Deno.utime(`${dir}/train_32x32.mat`, later, later);
    await assertHolds(await svhn({ dir }), "train", [3, 4]);
    for (const split of ["train", "test"]) await Deno.remove(`${dir}/${split}_32x32.mat`);
    await assertHolds(await svhn({ dir }), "train", [3, 4]);
  });
});

Deno.test("a file that took another's place is turned into records, older or newer", async () => {
  await inDirectory(async (dir) => {
    await put(dir, compressed);
    const { fingerprint } = await svhn({ dir });
    await put(dir, await matFile([pictures(2), digits([3, 4])]));
    const longAgo = new Date(Date.now() - 1e9); // as `cp -p` brings it
    await Deno.utime(`${dir}/train_32x32.mat`, longAgo, longAgo);
    const other = await svhn({ dir });
    await assertHolds(other, "train", [3, 4]);
    assert(other.fingerprint !== fingerprint, "other pictures have another fingerprint");
    await put(dir, compressed);
    assertEquals((await svhn({ dir })).fingerprint, fingerprint);
  });
});

Deno.test("what is missing is downloaded, and where to put it is said", async () => {
  await using server = new ArchiveServer(compressed);
  await inDirectory(async (dir) => {
    const files = { train: server.remote, test: server.remote };
    await assertHolds(await svhn({ dir, files }), "test", [0, 1, 9]);
    assertEquals(server.requests.length, 2);
  });
  await inDirectory(async (dir) => {
    server.behaviour = { status: 503 };
    const message = await failure(dir, { files: { train: server.remote, test: server.remote } });
    assertStringIncludes(message, `to ${dir}/train_32x32.mat: the server answered 503`);
    assertEquals(message.endsWith(", or put the file there by other means"), true, message);
  });
});

Deno.test("what the system refuses is said of the file that is meant", async () => {
  await inDirectory(async (dir) => {
    await Deno.mkdir(`${dir}/train_32x32.mat.partial`);
    const error = await assertRejects(() => svhn({ dir }), DataError);
    assertStringIncludes(
      error.message,
      `to ${dir}/train_32x32.mat: it cannot be written (is a directory); make that possible, or put`,
    );
    await Deno.mkdir(`${dir}/train_32x32.mat`);
    const { message } = await assertRejects(() => svhn({ dir }), Error);
    assertEquals(message, `Cannot read ${dir}/train_32x32.mat: is a directory`);
  });
});

Deno.test("the published files are what is downloaded by default", () => {
  assertEquals(svhnFiles, {
    train: {
      url: "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
      bytes: 182_040_794,
      md5: "e26dedcc434d2e4c54c9b2d4a06d8373",
    },
    test: {
      url: "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
      bytes: 64_275_384,
      md5: "eb5a983be6a315427106f1b164d9cef3",
    },
  });
});

/** A file of version 4 with the number y. */
function version4({ little }: { little: boolean }): Uint8Array {
  const view = new DataView(new ArrayBuffer(20 + 2 + 8));
  [little ? 0 : 1000, 1, 1, 0, 2].forEach((word, i) => view.setInt32(4 * i, word, little));
  view.setUint8(20, "y".charCodeAt(0));
  view.setFloat64(22, 3, little);
  return new Uint8Array(view.buffer);
}

Deno.test("other files are refused by what they are", async () => {
  const hdf = new Uint8Array(600);
  new DataView(hdf.buffer).setUint16(124, 0x0200, true);
  hdf.set(new TextEncoder().encode("IM"), 126);
  const cell = { ...digits([1]), arrayClass: 1 };
  const cases: [Uint8Array, string][] = [
    [hdf, 'version 7.3 (HDF5); save it again with "-v7"'],
    [version4({ little: true }), 'a file of version 4; save it again with "-v7"'],
    [version4({ little: false }), "a file of version 4; save it"],
    [
      new TextEncoder().encode("# Created by Octave 7.3\n# name: X\n"),
      "a text file of Octave; save",
    ],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, ...new Uint8Array(200)), "version 7.3 (HDF5)"],
    [new TextEncoder().encode("<html>".repeat(40)), "another kind of file"],
    [new Uint8Array(), "an end 128 bytes early"],
    [await matFile([]), "needs pictures X (uint8 32×32×3×N), got no arrays"],
    [await matFile([pictures(2)]), "needs digits y (numbers, 2×1), got X (uint8 32×32×3×2)"],
    [await matFile([pictures(2), digits([1, 2, 3])]), "got X (uint8 32×32×3×2), y (uint8 3×1)"],
    [await matFile([{ ...pictures(1), arrayClass: 6 }, digits([1])]), "X (double 32×32×3×1)"],
    [await matFile([pictures(1), cell]), "y (cell 1×1)"],
    [await matFile([pictures(1), { ...cell, dims: [] }]), "y (cell )"],
    [await matFile([{ ...pictures(1), dims: [] }, digits([1])]), "3072 bytes for  uint8 numbers"],
    [await matFile([pictures(2), digits([1, 11])]), "got 11 for picture 1"],
    [await matFile([pictures(2), digits([1, 0])]), "from 1 to 10, which is the digit 0, got 0"],
    [await matFile([{ ...digits([1]), dims: [2, 1] }]), "1 bytes for 2×1 uint8 numbers in y"],
  ];
  for (const [file, expected] of cases) {
    await inDirectory(async (dir) => {
      await put(dir, file);
      const message = await failure(dir);
      assertStringIncludes(message, expected);
      assertStringIncludes(message, `${dir}/train_32x32.mat: needs `);
      assertEquals(list(dir), ["test_32x32.mat", "train_32x32.mat"]);
    });
  }
});

Deno.test("a file cut off anywhere is refused, and nothing is left of it", async () => {
  await inDirectory(async (dir) => {
    for (const file of [compressed, plain]) {
      const step = Math.ceil(file.length / 150);
      for (let length = 0; length < file.length; length += step) {
        await put(dir, file.subarray(0, length));
        await failure(dir);
        assertEquals(list(dir), ["test_32x32.mat", "train_32x32.mat"], `after ${length} bytes`);
      }
    }
  });
});

Deno.test("a damaged file gives pictures or a DataError, never half a file", async () => {
  await inDirectory(async (dir) => {
    const rng = Rng.from(1);
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const file = (i % 2 ? compressed : plain).slice();
      // Headers lie at the start; everything behind is pixels or compressed.
      const reach = i % 4 < 2 ? 250 : file.length;
      for (let flips = 1 + rng.below(3); flips > 0; flips--) {
        file[rng.below(Math.min(reach, file.length))] ^= 1 << rng.below(8);
      }
      await put(dir, file);
      try {
        const dataset = await svhn({ dir });
        assert([1, 3].includes(countRecords(dataset, "train")));
        for (const split of ["train", "test"]) {
          await Deno.remove(`${dir}/${split}_32x32.bin`);
          await Deno.remove(`${dir}/${split}_32x32.bin.source`);
        }
      } catch (error) {
        assert(error instanceof DataError, `${error}`);
        refused++;
      }
      assertEquals(list(dir), ["test_32x32.mat", "train_32x32.mat"]);
    }
    assert(refused > 100, `only ${refused} were refused`);
  });
});

Deno.test("a signal stops the conversion, with its reason and without a trace", async () => {
  await inDirectory(async (dir) => {
    await put(dir, await matFile([pictures(300), digits(Array(300).fill(1))], { compress: true }));
    const controller = new AbortController(), reason = new Error("enough");
    const onProgress = () => controller.abort(reason);
    const error = await assertRejects(() => svhn({ dir, onProgress, signal: controller.signal }));
    assertEquals(error, reason);
    assertEquals(list(dir), ["test_32x32.mat", "train_32x32.mat"]);
  });
});

Deno.test("memory stays far below the pictures when a large file is converted", async () => {
  await inDirectory(async (dir) => {
    const count = 30_000; // 92 MB that do not compress, like photographs
    const bytes = new Uint8Array(3072 * count), noise = new Uint8Array(1 << 16);
    crypto.getRandomValues(noise);
    for (let at = 0; at + noise.length <= bytes.length; at += noise.length) bytes.set(noise, at);
    const x = { ...pictures(1), dims: [32, 32, 3, count], bytes };
    await put(dir, await matFile([x, digits(Array(count).fill(2))], { compress: true }));
    const code = `import { svhn } from ${
      JSON.stringify(import.meta.resolve("../../lib/data/svhn.ts"))
    };
let most = 0;
const onProgress = () => most = Math.max(most, Deno.memoryUsage().external);
await svhn({ dir: Deno.args[0], onProgress });
console.log(most);`;
    await Deno.writeTextFile(`${dir}/convert.ts`, code);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", `--config=${config}`, `${dir}/convert.ts`, dir],
    }).output();
    const most = Number(new TextDecoder().decode(stdout));
    assert(most > 0 && most < 40e6, `${most} bytes: ${new TextDecoder().decode(stderr)}`);
    assertEquals((await Deno.stat(`${dir}/train_32x32.bin`)).size, 3073 * count);
  });
});
