import { assert, assertEquals, assertMatch } from "@std/assert";
import { modelTable } from "../../lib/commands/summary.ts";
import { resnet } from "../../lib/models/resnet.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { tower } from "../support/tower.ts";

Deno.test("summary is the model's table with the tutorial's totals", async () => {
  const { code, out, err } = await tower(["summary"], { permissions: [] });
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /^conv2 +conv2d +12×12×64 +102,464 +14,745,600$/m);
  assertMatch(out, /^total +1,068,298 +18,470,784$/m);
  assertMatch(out, /^18,470,784 multiply-adds of .*convolutions and dense layers\nalone;/m);
});

Deno.test("summary --json is a line for each layer and one for the whole", async () => {
  const { out } = await tower(["summary", "--json"], { permissions: [] });
  const rows = out.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(rows.length, 11);
  assertEquals(rows.at(-1), { name: "total", parameters: 1_068_298, multiplyAdds: 18_470_784 });
  assertEquals(rows[0].outputShape, [1, 24, 24, 64]);
});

Deno.test("names of layers do not reach the terminal with what it obeys", () => {
  const [row] = tutorialNetwork().rows, input = [24, 24, 3];
  const hostile = { ...row, name: "conv\x1b[2J\x07\x9b1m\n\x7f", kind: "\x1b]0;x" };
  const lines = modelTable([hostile], { input });
  assertMatch(lines.join("\n"), /^conv�\[2J��1m�� +�\]0;x /m);
  for (const line of lines) assertEquals(/\p{Cc}/u.test(line), false, JSON.stringify(line));
});

Deno.test("on a terminal the table keeps to its width, parameters to the last", () => {
  for (const { rows, input } of [tutorialNetwork(), resnet()]) {
    for (const columns of [20, 40, 60, 80, 120]) {
      for (const ascii of [false, true]) {
        const lines = modelTable(rows, { input, columns, ascii });
        for (const line of lines) {
          assert(line.length <= columns, `${columns}: ${line}`);
          assert(!ascii || /^[ -~]*$/.test(line), line);
        }
        assertMatch(lines[0], /parameters/);
        assertMatch(lines.join("\n"), /^total +\d/m);
      }
    }
  }
});
