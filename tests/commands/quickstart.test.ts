// The README's first command: a training run that has to learn.

import { assertEquals, assertGreaterOrEqual, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { tower } from "../support/tower.ts";

Deno.test("quickstart trains on shapes to a precision of 0.75 at least and says what to do next", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, out, err } = await tower(["quickstart", `--train-dir=${join(dir, "run")}`]);
    assertEquals(code, 0, err);
    // A linear classifier stays under 0.60; 0.875 was measured on the software adapter.
    const [, precision] = out.match(/precision @ 1 = (\d\.\d{3})/) ?? [];
    assertGreaterOrEqual(Number(precision), 0.75, out);
    assertStringIncludes(out, "What to do next");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
