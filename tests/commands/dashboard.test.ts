import { assertStringIncludes } from "@std/assert";
import { command } from "../../lib/commands/dashboard.ts";
import { inTemporary } from "../support/temporary.ts";

Deno.test("a dashboard that is interrupted while it looks for runs ends", () =>
  inTemporary(async (run) => {
    const lines: string[] = [];
    await command.run({ runs: [run], port: 0 }, {
      log: (line) => lines.push(line),
      error: (line) => lines.push(line),
      progress() {},
      columns: 80,
      signal: AbortSignal.abort(),
    });
    assertStringIncludes(lines.join("\n"), "http://127.0.0.1:");
  }));
