import { assert, assertEquals } from "@std/assert";
import { table } from "../../lib/cli/table.ts";

const headings = ["layer", "kind", "output", "parameters"];
const rows = [
  ["input", "", "24×24×3", ""],
  ["norm1", "local response normalization", "12×12×64", "0"],
  ["softmax_linear", "dense", "10", "1,930"],
];

Deno.test("words stand at the left, numbers at the right", () => {
  assertEquals(table(["class", "precision"], [["cat", "0.5"], ["a long name", "–"]]), [
    "class        precision",
    "cat                0.5",
    "a long name          –",
  ]);
});

Deno.test("what does not fit is shortened, then left out, the least important first", () => {
  const of = (columns: number, ascii = false) =>
    table(headings, rows, { columns, expendable: [1, 2], ascii });
  assertEquals(of(68), table(headings, rows));
  assertEquals(of(60)[2], "norm1           local response normal…  12×12×64           0");
  assertEquals(of(60, true)[2], "norm1           local response normal~  12×12×64           0");
  assertEquals(of(45), [
    "layer           output    parameters",
    "input           24×24×3",
    "norm1           12×12×64           0",
    "softmax_linear  10             1,930",
  ]);
  assertEquals(of(30), [
    "layer           parameters",
    "input",
    "norm1                    0",
    "softmax_linear       1,930",
  ]);
  assertEquals(of(20)[3], "softmax…       1,930");
  for (let columns = 13; columns < 80; columns++) {
    for (const line of of(columns)) assert(line.length <= columns, `${columns}: ${line}`);
  }
});
