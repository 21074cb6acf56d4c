import { canMount, withTinyDisk } from "./support/tiny_disk.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { removeStaleTemporaries, writeFileAtomically } from "../lib/files.ts";
import { inTemporary } from "./support/temporary.ts";

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("a file is written from its chunks and nothing else is left", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "a.bin");
    await writeFileAtomically(path, [bytes(1, 2), bytes(), bytes(3)]);
    assertEquals(await Deno.readFile(path), bytes(1, 2, 3));
    await writeFileAtomically(path, ReadableStream.from([bytes(4)]));
    assertEquals(await Deno.readFile(path), bytes(4));
    assertEquals(namesIn(directory), ["a.bin"]);
  }));

Deno.test("until the last chunk is there, the old content is", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "a.bin");
    await writeFileAtomically(path, [bytes(1)]);
    const seen: Uint8Array[] = [];
    await writeFileAtomically(
      path,
      (function* () {
        yield bytes(2);
        seen.push(Deno.readFileSync(path));
        yield bytes(3);
      })(),
    );
    assertEquals(seen, [bytes(1)]);
    assertEquals(await Deno.readFile(path), bytes(2, 3));
  }));

Deno.test("when the source of the chunks fails, the old content stays and nothing else", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "a.bin");
    await writeFileAtomically(path, [bytes(1)]);
    const failing = (function* () {
      yield bytes(2);
      throw new RangeError("no more");
    })();
    await assertRejects(() => writeFileAtomically(path, failing), RangeError, "no more");
    assertEquals(await Deno.readFile(path), bytes(1));
    assertEquals(namesIn(directory), ["a.bin"]);
  }));

Deno.test("a directory that is not there is named", async () => {
  const path = join("/nonexistent", "a.bin");
  const error = await assertRejects(() => writeFileAtomically(path, [bytes(1)]), Error);
  assertStringIncludes(error.message, `Cannot write ${path}: `);
});

const unix = Deno.build.os !== "windows";

Deno.test("where only the directory cannot be flushed, it is said that the new content is there", {
  ignore: !unix,
}, () =>
  inTemporary(async (directory) => {
    const path = join(directory, "a.bin");
    const { prototype } = Deno.FsFile, { sync } = prototype;
    try {
      prototype.sync = async function () {
        if ((await this.stat()).isDirectory) throw new Error("Input/output error (os error 5)");
      };
      await assertRejects(
        () => writeFileAtomically(path, [bytes(1)]),
        Error,
        `Cannot make sure of ${path}: it is written, but a crash`,
      );
    } finally {
      prototype.sync = sync;
    }
    assertEquals(await Deno.readFile(path), bytes(1));
    assertEquals(namesIn(directory), ["a.bin"]);
  }));

Deno.test(
  "a link is followed, and stays a link",
  { ignore: !unix },
  () =>
    inTemporary(async (directory) => {
      const at = (name: string) => join(directory, name);
      await Deno.mkdir(at("elsewhere"));
      await Deno.writeFile(at("elsewhere/a.bin"), bytes(1));
      await Deno.symlink("elsewhere/a.bin", at("link"));
      await Deno.symlink("link", at("second"));
      await Deno.symlink("elsewhere/new.bin", at("dangling"));
      await writeFileAtomically(at("second"), [bytes(2)]);
      await writeFileAtomically(at("dangling"), [bytes(3)]);
      assertEquals(await Deno.readFile(at("elsewhere/a.bin")), bytes(2));
      assertEquals(await Deno.readFile(at("elsewhere/new.bin")), bytes(3));
      for (const name of ["link", "second", "dangling"]) assert(Deno.lstatSync(at(name)).isSymlink);
      assertEquals(namesIn(at("elsewhere")), ["a.bin", "new.bin"]);
      await Deno.symlink("circle", at("circle"));
      const error = await assertRejects(() => writeFileAtomically(at("circle"), [bytes(4)]), Error);
      assertEquals(
        error.message,
        `Cannot write ${at("circle")}: needs a file, got a link that leads back to itself`,
      );
    }),
);

Deno.test(
  "what is no regular file is written into and not replaced",
  { ignore: !unix },
  () =>
    inTemporary(async (directory) => {
      const path = join(directory, "pipe");
      assert((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
      const [content] = await Promise.all([
        Deno.readFile(path),
        writeFileAtomically(path, [bytes(1, 2), bytes(3)]),
      ]);
      assertEquals([content, Deno.lstatSync(path).isFifo], [bytes(1, 2, 3), true]);
      assertEquals(namesIn(directory), ["pipe"]);
    }),
);

Deno.test("a directory in the file's place is named as such, and stays", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "a.bin");
    await Deno.mkdir(path);
    const error = await assertRejects(() => writeFileAtomically(path, [bytes(1)]), Error);
    assertEquals(error.message, `Cannot write ${path}: is a directory`);
    assertEquals(namesIn(directory), ["a.bin"]);
  }));

Deno.test("what killed writers left is removed; what is being written and what is not ours stays", () =>
  inTemporary(async (directory) => {
    const stale = ".model.ckpt-1.safetensors.0123abcd.partial";
    for (const name of [stale, "notes.partial", ".bashrc", "a.bin"]) {
      await Deno.writeFile(join(directory, name), bytes(1));
    }
    let removed: string[] = [];
    await writeFileAtomically(
      join(directory, "b.bin"),
      (async function* () {
        yield bytes(2);
        removed = await removeStaleTemporaries(directory);
      })(),
    );
    assertEquals(removed, [stale]);
    assertEquals(namesIn(directory), [".bashrc", "a.bin", "b.bin", "notes.partial"]);
  }));

Deno.test("those who clean up take nothing from those who write", () =>
  inTemporary(async (directory) => {
    let done = false;
    const cleaning = (async () => {
      let removed = 0;
      while (!done) removed += (await removeStaleTemporaries(directory)).length;
      return removed;
    })();
    for (let round = 0; round < 300; round++) {
      await Promise.all(["a", "b", "c"].map(async (name) => {
        await writeFileAtomically(join(directory, name), [bytes(round & 255)]);
        assertEquals(await Deno.readFile(join(directory, name)), bytes(round & 255));
      }));
    }
    done = true;
    await cleaning;
    assertEquals(namesIn(directory), ["a", "b", "c"]);
  }));

Deno.test("on a full disk the old content stays and the room is given back", {
  ignore: !canMount, // Only root may mount a tiny disk.
}, async () => {
  await withTinyDisk(async (directory) => {
    const path = join(directory, "a.bin");
    await writeFileAtomically(path, [bytes(1)]);
    const big = Array.from({ length: 10 }, () => new Uint8Array(20_000));
    const error = await assertRejects(() => writeFileAtomically(path, big), Error);
    assertStringIncludes(error.message, `Cannot write ${path}: no space left on device`);
    assertEquals(await Deno.readFile(path), bytes(1));
    assertEquals(namesIn(directory), ["a.bin"]);
    await writeFileAtomically(path, big.slice(0, 2));
    assert((await Deno.stat(path)).size === 40_000);
  });
});
