import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  axisOf,
  formatValue,
  formatValues,
  fractionOf,
  rounded,
  valueAt,
} from "../../lib/cli/axis.ts";
import { chart } from "../../lib/cli/chart.ts";

const steps = axisOf([0, 13], "linear");
const falling = Array.from({ length: 14 }, (_, step) => ({ step, value: 13 - step }));

Deno.test("a curve goes from its first value to its last, between labelled axes", () => {
  const values = axisOf([0, 13], "linear");
  assertEquals(chart([falling], { columns: 24, rows: 7, steps, values, ascii: true }), [
    "      13 +'.",
    "         |  '.",
    "         |    '.",
    "     6.5 +      '.",
    "         |        '.",
    "         |          '.",
    "       0 +            '.",
    "         +--------------",
    "          0           13",
  ]);
  const ends = [falling[0], falling[13]];
  assertEquals(chart([ends], { columns: 24, rows: 3, steps, values }), [
    "      13 ┤⠉⠒⠤⢄⡀",
    "     6.5 ┤    ⠈⠉⠒⠤⣀⡀",
    "       0 ┤         ⠈⠑⠒⠤⣀",
    "         └──────────────",
    "          0           13",
  ]);
});

Deno.test("on a log scale equal factors are equally far apart", () => {
  const values = axisOf([1, 10, 100]);
  assertEquals(values, { min: 1, max: 100, log: true });
  assertEquals([1, 10, 100].map((value) => fractionOf(values, value)), [0, 0.5, 1]);
  assertEquals([0, 0.5, 1].map((fraction) => valueAt(values, fraction)), [1, 10, 100]);
  for (const numbers of [[1, 10], [-1, 100], [0, 100]]) assert(!axisOf(numbers).log);
  assert(axisOf([1, 2], "log").log);
  assert(!axisOf([1, 100], "linear").log);
});

Deno.test("ends and middle of an axis become round numbers, no farther away than that takes", () => {
  const of = (min: number, max: number) => {
    const axis = rounded(axisOf([min, max], "linear"));
    return [0, 0.5, 1].map((fraction) => formatValue(valueAt(axis, fraction)));
  };
  assertEquals(of(0.666, 0.814), ["0.66", "0.74", "0.82"]);
  assertEquals(of(0.1, 0.6), ["0", "0.3", "0.6"]);
  assertEquals(of(0, 1), ["0", "0.5", "1"]);
  assertEquals(of(123.4, 987.6), ["0", "500", "1000"]);
  assertEquals(of(-3, 5), ["-3", "1", "5"]);
  const log = axisOf([0.001, 10]);
  assertEquals(rounded(log), log);
  for (const [min, max] of [[-3.7, 2.9], [1e-9, 3e-9], [4.21, 4.22], [99, 100_001], [5, 5]]) {
    const axis = rounded(axisOf([min, max], "linear"));
    assert(axis.min <= min && axis.max >= max, `${axis.min} to ${axis.max}`);
    assert(axis.max - axis.min <= 2.5 * (max - min) || min === max, `${axis.min} to ${axis.max}`);
  }
});

Deno.test("a point that is alone is a cross", () => {
  const lines = chart([[{ step: 6, value: 5 }]], {
    columns: 24,
    rows: 3,
    steps,
    values: axisOf([0, 10]),
    ascii: true,
  });
  assertEquals(lines.slice(0, 3).map((line) => line.slice(10)), [
    "      .",
    "    ..:..",
    "      :",
  ]);
});

Deno.test("equal values lie in the middle, and no values are no error", () => {
  for (const value of [-3, 0, 0.1, 1e-9]) {
    assertAlmostEquals(fractionOf(axisOf([value, value]), value), 0.5, 1e-9);
  }
  assertEquals(axisOf([NaN, Infinity]), { min: -1, max: 1, log: false });
  const lines = chart([[]], { columns: 24, rows: 3, steps, values: axisOf([]) });
  assertEquals(lines[0], "       1 ┤");
});

Deno.test("a value that is not finite leaves a gap, one beyond the axis lies at its end", () => {
  const points = [5, NaN, 50].map((value, i) => ({ step: i * 6.5, value }));
  const values = axisOf([0, 10]);
  const lines = chart([points], { columns: 24, rows: 3, steps, values, ascii: true });
  assertEquals(lines.slice(0, 3).map((line) => line.slice(10)), ["             '", ".", ""]);
});

Deno.test("no line is wider than was asked, but for the least that there can be", () => {
  for (let columns = 1; columns < 200; columns++) {
    for (const ascii of [false, true]) {
      for (const line of chart([falling], { columns, steps, values: axisOf([0, 13]), ascii })) {
        assert(line.length <= Math.max(24, columns), `${columns}: ${line}`);
        assert(!ascii || /^[ -~]*$/.test(line), line);
      }
    }
  }
});

Deno.test("each curve is painted as its own, and blanks are not", () => {
  const flat = (value: number) => [{ step: 0, value }, { step: 13, value }];
  const lines = chart([flat(13), flat(0)], {
    columns: 24,
    rows: 3,
    steps,
    values: axisOf([0, 13]),
    ascii: true,
    paint: (text, curve) => `<${curve}${text}>`,
  });
  assertEquals(lines.slice(0, 3).map((line) => line.slice(10)), [
    "<0''''''''''''''>",
    "",
    "<1..............>",
  ]);
});

Deno.test("values are written in three digits, or in as many as tell them apart", () => {
  assertEquals(
    [4.684, 0.00012345, 1068298, -0.5, 0, 1e-7, NaN].map((value) => formatValue(value)),
    [
      "4.68",
      "0.000123",
      "1068298",
      "-0.5",
      "0",
      "1e-7",
      "NaN",
    ],
  );
  assertEquals(formatValues([0.86012, 0.86013, 0.9]), ["0.86012", "0.86013", "0.9"]);
  assertEquals(formatValues([1, 1, 1]), ["1", "1", "1"]);
});
