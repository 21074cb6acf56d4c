import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { commandLine, packageName, programLine } from "../lib/started.ts";

const released = "https://jsr.io/@tower/nn/0.1.0/lib/started.ts";

Deno.test("in a checkout commands are tasks where there are such, and else the file", () => {
  assertEquals(packageName(), undefined);
  assertEquals(programLine(), "deno run -A cli.ts");
  assertEquals(commandLine("devices"), "deno run -A cli.ts devices");
  for (const name of ["train", "eval", "dashboard", "quickstart", "setup"] as const) {
    assertEquals(commandLine(`${name} --help`), `deno task ${name} --help`);
    assertEquals(config.tasks[name].command.includes(`cli.ts ${name}`), true);
  }
});

Deno.test("from a registry they are the package's", () => {
  assertEquals(packageName(released), "@tower/nn");
  assertEquals(programLine(released), "deno run -A jsr:@tower/nn/cli");
  assertEquals(commandLine("train", released), "deno run -A jsr:@tower/nn/cli train");
});
