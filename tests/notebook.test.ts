import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { chartOf, displayName } from "../lib/notebook.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";

const display = Symbol.for("Jupyter.display");

Deno.test("a notebook shows a model as a table", () => {
  assertEquals(displayName, display);
  // deno-lint-ignore no-explicit-any -- what a notebook looks for is in no type
  const forms = (tutorialNetwork() as any)[display]();
  assertStringIncludes(
    forms["text/html"],
    "<td>conv1</td><td>conv2d</td><td>24×24×64</td><td>4,864</td>",
  );
  assertStringIncludes(forms["text/html"], "<td>total</td><td></td><td></td><td>1,068,298</td>");
  assertMatch(forms["text/plain"], /^layer\tkind/);
});

Deno.test("a notebook shows curves as a picture, whatever the numbers and names", () => {
  const chart = chartOf({
    'a <b> & "c"': { steps: [0, 10, 20], values: [3, NaN, 1] },
    flat: { steps: [5], values: [2] },
  });
  const svg = chart[display]()["image/svg+xml"];
  assertEquals(svg, chart.svg);
  assertStringIncludes(svg, 'points="64.0,16.0 624.0,236.0"');
  assertStringIncludes(svg, '<circle cx="204.0" cy="126.0"');
  assertStringIncludes(svg, "a &#60;b&#62; &#38; &#34;c&#34;");
  assertMatch(svg, /^<svg xmlns[^]*<\/svg>$/);
  assertStringIncludes(chartOf({}).svg, "</svg>");
});

Deno.test("the names of many curves stand within the picture, in lines", () => {
  const curve = { steps: [0, 1], values: [0, 1] };
  const names = Array.from({ length: 11 }, (_, i) => `curve${i}`);
  const { svg } = chartOf(Object.fromEntries(names.map((name) => [name, curve])));
  const [, width, height] = svg.match(/viewBox="0 0 (\d+) (\d+)"/)!.map(Number);
  const places = [...svg.matchAll(/x="(\d+)" y="(\d+)"[^>]*>curve\d+</g)];
  assertEquals(places.length, 11);
  assertEquals(new Set(places.map(([, x, y]) => `${x} ${y}`)).size, 11);
  for (const [, x, y] of places) {
    assert(Number(x) + 100 <= width && Number(y) < height, `${x} ${y} in ${width}×${height}`);
  }
});
