// The program itself, as a user starts it.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { tower } from "../support/tower.ts";

Deno.test("the version is that of the package", async () => {
  const { code, out } = await tower(["--version"]);
  assertEquals([code, out], [0, `tower ${config.version} (deno ${Deno.version.deno})\n`]);
});

Deno.test("help lists every command, also without a single permission", async () => {
  const { code, out, err } = await tower(["--help"], { permissions: [] });
  assertEquals([code, err], [0, ""]);
  for (
    const name of ["train", "eval", "devices", "summary", "show", "data", "quickstart", "setup"]
  ) {
    assertMatch(out, new RegExp(`^  ${name} +\\S`, "m"));
  }
});

Deno.test("every command has help of its own in lines that fit", async () => {
  for (
    const name of ["train", "eval", "devices", "summary", "show", "data", "quickstart", "setup"]
  ) {
    const { code, out, err } = await tower(["help", name]);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, `Usage: cli.ts ${name}`);
    for (const line of out.split("\n")) assertEquals(line.length <= 80, true, line);
  }
});

Deno.test("misuse is one line on standard error and exit code 2", async () => {
  assertEquals(await tower(["trian"]), {
    code: 2,
    out: "",
    err: `Cannot run "trian": there is no such command; did you mean train?\n`,
  });
});

Deno.test("TOWER_DEBUG=1 shows where an error comes from", async () => {
  const { code, err } = await tower(["trian"], { env: { TOWER_DEBUG: "1" } });
  assertEquals(code, 2);
  assertStringIncludes(err, "lib/cli/main.ts");
});
