import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../lib/data/dataset.ts";
import { untar } from "../../lib/data/tar.ts";
import { join, type Member, tar } from "./archive.ts";
import { pieces } from "./memory_dataset.ts";

const text = (value: string) => new TextEncoder().encode(value);

async function list(archive: Uint8Array, largest = 700) {
  const found = [];
  for await (const { name, type, size, body } of untar(pieces(archive, { largest }), "a.tar")) {
    found.push({ name, type, size, content: join(await Array.fromAsync(body)) });
  }
  return found;
}

const members: Member[] = [
  { name: "empty" },
  { name: "one", content: text("x") },
  { name: "block", content: new Uint8Array(512).fill(7) },
  { name: "block and one", content: new Uint8Array(513).fill(8) },
  { name: "long", content: new Uint8Array(200_000).fill(9) },
  { name: "file", prefix: "a/long/way", content: text("y") },
  { name: "n".repeat(100), content: text("z") },
];

Deno.test("every member comes out with its content, however the bytes come in", async () => {
  const expected = members.map(({ name, prefix, content = new Uint8Array() }) => ({
    name: prefix ? `${prefix}/${name}` : name,
    type: "0",
    size: content.length,
    content,
  }));
  for (const largest of [1000, 1 << 20]) assertEquals(await list(tar(members), largest), expected);
});

Deno.test("content that nobody reads, or only begins to read, is passed over", async () => {
  const seen = [];
  for await (const { name, body } of untar(pieces(tar(members), { largest: 9000 }), "a.tar")) {
    seen.push(name);
    if (name === "long") { for await (const _ of body) break; }
  }
  assertEquals(seen.length, members.length);
});

Deno.test("links, devices and directories come out as what they are", async () => {
  const odd = ["1", "2", "3", "4", "5", "6", "x", "g", "L"].map((type) => ({ name: "n", type }));
  assertEquals((await list(tar(odd))).map(({ type }) => type), odd.map(({ type }) => type));
  assertEquals((await list(tar([{ name: "old", type: "\0" }])))[0].type, "0");
});

Deno.test("an archive that ends early says where", async () => {
  const archive = tar(members);
  for (const length of [0, 100, 600, 2000, 100_000]) {
    const error = await assertRejects(() => list(archive.subarray(0, length)), DataError);
    assertEquals(error.message.startsWith("Cannot unpack a.tar: "), true);
  }
  const cut = () => list(archive.subarray(0, 100_000));
  await assertRejects(cut, DataError, "it ends early, at byte 100000");
  await assertRejects(() => list(tar(members, 0)), DataError, "it ends early");
});

Deno.test("what is no header is refused", async () => {
  const archive = tar(members);
  archive[3] ^= 1;
  await assertRejects(
    () => list(archive),
    DataError,
    "needs a tar header at byte 0, got other data",
  );
  const page = text("<html>".padEnd(2048, "no such page "));
  await assertRejects(() => list(page), DataError, "got other data");
});

Deno.test("a size beyond octal digits is refused", async () => {
  const archive = tar([{ name: "huge", content: text("x") }]);
  archive[124] = 0x80; // GNU's mark for a binary size
  await assertRejects(() => list(archive), DataError, "got other data");
});

const program = await new Deno.Command("tar", { args: ["--version"] }).output().catch(() => null);
Deno.test({
  name: "archives of the system's tar are read, in its own format and in POSIX's",
  ignore: !program?.success,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const content = new Uint8Array(70_000).map((_, i) => i);
      await Deno.writeFile(`${directory}/${"deep".repeat(30)}`, text("long name"));
      await Deno.writeFile(`${directory}/data.bin`, content);
      for (const format of ["gnu", "ustar", "posix"]) {
        const args = ["-C", directory, `--format=${format}`, "-cf", "-", "data.bin"];
        if (format !== "ustar") args.push("deep".repeat(30));
        const { stdout } = await new Deno.Command("tar", { args }).output();
        const file = (await list(stdout)).find(({ name }) => name === "data.bin");
        assertEquals(file?.content, content);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
