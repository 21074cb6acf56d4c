// Event files that would hold up whoever reads them, or cost too much.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { EventReader } from "../../lib/summary/event_reader.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
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
