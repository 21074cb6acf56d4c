import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TextLineStream } from "@std/streams/text-line-stream";

const program = fromFileUrl(new URL("../support/interruptible_program.ts", import.meta.url));

/** Runs the program; sends each signal when its line comes. */
async function interrupt(
  signals: Record<string, Deno.Signal>,
  savingMilliseconds: number,
): Promise<{ lines: string[]; code: number }> {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", program, String(savingMilliseconds)],
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  const output = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  );
  for await (const line of output) {
    lines.push(line);
    if (signals[line]) child.kill(signals[line]);
  }
  return { lines, code: (await child.status).code };
}

const ignore = Deno.build.os === "windows"; // There the signals of other processes only kill.

Deno.test(
  "after the first SIGINT a command saves, and the exit code is 130",
  { ignore },
  async () => {
    const { lines, code } = await interrupt({ working: "SIGINT" }, 0);
    assertEquals([lines, code], [["working", "saving", "saved"], 130]);
  },
);

Deno.test("after SIGTERM a command saves, and the exit code is 143", { ignore }, async () => {
  const { lines, code } = await interrupt({ working: "SIGTERM" }, 0);
  assertEquals([lines, code], [["working", "saving", "saved"], 143]);
});

Deno.test("a second signal ends the process at once", { ignore }, async () => {
  const start = performance.now();
  const { lines, code } = await interrupt({ working: "SIGTERM", saving: "SIGINT" }, 60_000);
  assertEquals([lines, code], [["working", "saving"], 130]);
  assertEquals(performance.now() - start < 30_000, true);
});
