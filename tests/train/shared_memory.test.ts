import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { canMount } from "../support/tiny_disk.ts";
import { SharedMemory } from "../../lib/train/shared_memory.ts";

Deno.test("what one side pushes the other pulls, and the file goes with its name", () => {
  using mine = SharedMemory.create(1000);
  using theirs = SharedMemory.open(mine.path, 1000);
  mine.unlink();
  assertThrows(() => Deno.statSync(mine.path), Deno.errors.NotFound);
  mine.bytes.fill(7, 100, 900);
  mine.push(100, 900);
  theirs.pull(0, 1000);
  assertEquals(theirs.bytes, mine.bytes);
  theirs.bytes[999] = 1;
  theirs.push(999, 1000);
  mine.pull(999, 1000);
  assertEquals(mine.bytes[999], 1);
});

Deno.test({
  name: "with the permission for native code both sides see the same memory at once",
  ignore: Deno.build.os === "windows",
  async fn() {
    const url = new URL("../../lib/train/shared_memory.ts", import.meta.url).href;
    const code = `
      import { SharedMemory } from ${JSON.stringify(url)};
      using mine = SharedMemory.create(100_000);
      using theirs = SharedMemory.open(mine.path, 100_000);
      mine.unlink();
      mine.bytes[99_999] = 42;
      console.log(theirs.bytes[99_999]);`;
    // `deno eval` has all permissions.
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] })
      .output();
    assertEquals(new TextDecoder().decode(stdout), "42\n", new TextDecoder().decode(stderr));
  },
});

Deno.test({
  name: "where /dev/shm has no room a temporary file has it; without any, one sentence says so",
  ignore: !canMount,
  async fn() {
    const url = new URL("../../lib/train/shared_memory.ts", import.meta.url).href;
    const code = `
      import { SharedMemory } from ${JSON.stringify(url)};
      for (const size of [2e6, 8e6]) {
        using memory = SharedMemory.create(size);
        memory.unlink();
        memory.bytes.fill(1);
        console.log(memory.path.startsWith("/dev/shm/"), [...Deno.readDirSync("/dev/shm")].length);
      }`;
    /** Runs it with 4 MB in /dev/shm, seen by that process alone. */
    const run = async (tmpdir: string) => {
      const script = 'mount -t tmpfs -o size=4m tmpfs /dev/shm && "$@"';
      const { success, stdout, stderr } = await new Deno.Command("unshare", {
        args: ["-m", "sh", "-c", script, "sh", Deno.execPath(), "eval", code],
        env: { TMPDIR: tmpdir, NO_COLOR: "1" },
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { success, out, err };
    };
    const elsewhere = await Deno.makeTempDir({ prefix: "tower-" });
    try {
      const { out, err } = await run(elsewhere);
      assertEquals(out, "true 0\nfalse 0\n", err);
      assertEquals([...Deno.readDirSync(elsewhere)], []);
    } finally {
      await Deno.remove(elsewhere);
    }
    const { success, out, err } = await run("/dev/shm");
    assertEquals([success, out], [false, "true 0\n"]);
    assertStringIncludes(
      err,
      "DeviceError: Cannot share memory with another process: needs 8 MB in /dev/shm or among the " +
        "temporary files, got ",
    );
  },
});
