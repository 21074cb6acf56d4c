// Event files that would hold up whoever reads them, or cost too much.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Rng } from "../../lib/rng.ts";
import { encodeEvent } from "../../lib/summary/event.ts";
import { EventReader } from "../../lib/summary/event_reader.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { ScalarLog } from "../../lib/summary/scalar_log.ts";
import { frameRecord } from "../../lib/summary/tfrecord.ts";
import { inTemporary } from "../support/temporary.ts";

const event = { wallTime: 4, step: 7, values: [{ tag: "config", text: "batch: 128" }] };

Deno.test({
  name: "a pipe among the event files is a problem, and the others are read",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporary(async (dir) => {
      const pipe = join(dir, "events.out.tfevents.1.x");
      await new Deno.Command("mkfifo", { args: [pipe] }).output();
      using writer = await EventWriter.open(dir);
      writer.write(event);
      const reader = new EventReader(dir);
      assertEquals((await reader.poll()).slice(1), [event]);
      const problem = `${pipe} cannot be read: needs a file, got something else; take it away`;
      assertEquals(reader.problems, [problem]);
    }),
});

Deno.test("where a file is corrupt is told once, as the place in the file", () =>
  inTemporary(async (dir) => {
    const good = frameRecord(encodeEvent(event)), bad = good.slice();
    bad[20] ^= 1;
    const path = join(dir, "events.out.tfevents.1.x");
    await Deno.writeFile(path, good);
    const reader = new EventReader(dir);
    await reader.poll();
    await Deno.writeFile(path, bad, { append: true });
    await reader.poll();
    assertEquals(reader.problems, [
      `${path} is corrupt from byte ${good.length} on: the record does not fit its checksum`,
    ]);
  }));

Deno.test("a torn record that says it is long costs no more than a part of it until it is whole", () =>
  inTemporary(async (dir) => {
    const long = { wallTime: 1, step: 1, values: [{ tag: "text", text: "x".repeat(2 ** 25) }] };
    const path = join(dir, "events.out.tfevents.1.x");
    const record = frameRecord(encodeEvent(long)), torn = record.subarray(0, -1);
    await Deno.writeFile(path, torn);
    const reader = new EventReader(dir);
    const original = Deno.FsFile.prototype.read;
    let bytesRead = 0;
    Deno.FsFile.prototype.read = async function (into) {
      const count = await original.call(this, into);
      bytesRead += count ?? 0;
      return count;
    };
    try {
      assertEquals(await reader.poll(), []);
      assert(bytesRead <= 2 ** 22, `${bytesRead} bytes`);
    } finally {
      Deno.FsFile.prototype.read = original;
    }
    // The writer may take it back where it does not fit onto the disk, and write another.
    await Deno.writeFile(path, frameRecord(encodeEvent(event)));
    assertEquals(await reader.poll(), [event]);
    await Deno.writeFile(path, record, { append: true });
    assertEquals(await reader.poll(), [long]);
  }));

Deno.test("steps that come in reverse take their places in no time, whatever comes between", () => {
  const log = new ScalarLog();
  const take = (step: number, scalar: number) =>
    log.take({ wallTime: step, step, values: [{ tag: "loss", scalar }] });
  const count = 200_000, before = performance.now();
  for (let step = count; step > 0; step--) take(step, -step);
  const { steps, values } = log.byTag.get("loss")!;
  const took = performance.now() - before;
  assert(took < 3000, `${took} ms`);
  assertEquals([steps.length, steps[0], values[0], steps.at(-1)], [count, 1, -1, count]);

  // As one that puts each where it belongs would have it.
  const rng = Rng.from(6), small = new ScalarLog();
  let expected = new Map<number, number>();
  for (let i = 0; i < 2000; i++) {
    const step = rng.below(50);
    if (rng.below(40) === 0) {
      small.take({ wallTime: 0, step, started: true });
      expected = new Map([...expected].filter(([earlier]) => earlier < step));
    } else {
      small.take({ wallTime: 0, step, values: [{ tag: "loss", scalar: i }] });
      expected.set(step, i);
    }
    if (rng.below(5) > 0) continue;
    const { steps = [], values = [] } = small.byTag.get("loss") ?? {};
    assertEquals(
      steps.map((step, i) => [step, values[i]]),
      [...expected].sort(([a], [b]) => a - b),
    );
  }
});
