import { assertEquals } from "@std/assert";
import { messageOf, reasonOf } from "../lib/system_error.ts";

async function refusal(work: () => Promise<unknown>): Promise<string> {
  return messageOf(await work().then(() => undefined, (error) => error));
}

Deno.test("what the system refuses is a sentence with the path", async () => {
  const dir = await Deno.makeTempDir();
  const [file, none] = [`${dir}/file`, `${dir}/none`];
  await Deno.writeTextFile(file, "");
  assertEquals(
    await refusal(() => Deno.readFile(none)),
    `Cannot read ${none}: no such file or directory`,
  );
  assertEquals(await refusal(() => Deno.readFile(dir)), `Cannot read ${dir}: is a directory`);
  assertEquals(
    await refusal(() => Deno.stat(`${file}/x`)),
    `Cannot read ${file}/x: not a directory`,
  );
  assertEquals(await refusal(() => Deno.mkdir(file)), `Cannot write ${file}: file exists`);
  assertEquals(
    await refusal(() => Deno.rename(none, file)),
    `Cannot write ${none}: no such file or directory`,
  );
  await Deno.remove(dir, { recursive: true });
});

Deno.test("what the system refuses without a path is a sentence too", () => {
  const read = new Error("Input/output error (os error 5)");
  assertEquals(messageOf(read), "Cannot read or write a file: input/output error");
  const temporary = new Error("No such file or directory (os error 2): tmpfile");
  assertEquals(reasonOf(temporary), "no such file or directory");
});

Deno.test("other errors keep their words", () => {
  assertEquals(
    messageOf(new Error("Cannot do it: needs 1, got 2")),
    "Cannot do it: needs 1, got 2",
  );
  assertEquals(messageOf("a text"), "a text");
  const ours = "Cannot show /x: needs a run; No such file or directory (os error 2): readdir '/x'";
  assertEquals(messageOf(new Error(ours)), ours);
  const erofs = new Error("Read-only file system (os error 30): open '/r/.lock'");
  assertEquals(messageOf(erofs), "Cannot write /r/.lock: read-only file system");
});

Deno.test("why the system refused stands in a sentence of ours", async () => {
  const none = await Deno.stat("/nowhere/at/all").catch((error) => error);
  assertEquals(reasonOf(none), "no such file or directory");
  assertEquals(reasonOf(new Error("needs 1, got 2")), "needs 1, got 2");
});
