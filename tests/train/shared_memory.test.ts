import { assertEquals, assertThrows } from "@std/assert";
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
