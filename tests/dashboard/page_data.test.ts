// What the page makes of what it is told: runs, curves, texts. None of it needs a browser.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  asManyAsFit,
  curvesOf,
  nextPlace,
  partCurves,
  placeAt,
  precisionCurves,
} from "../../lib/dashboard/page/curves.js";
import type { Runs } from "../../lib/dashboard/page/runs.js";
import * as texts from "../../lib/dashboard/page/texts.js";
import { type Points, runsOf, update } from "./page_updates.ts";

const view = { axis: "step" as const, smoothing: 0, hidden: new Set<number>() };

Deno.test("tags may be called what objects have already", () => {
  const names = ["__proto__", "constructor", "toString"];
  const scalars = Object.fromEntries(names.map((name) => [name, [[1, 2]] as Points]));
  Object.defineProperty(scalars, "__proto__", { value: [[1, 2]], enumerable: true });
  const [run] = runsOf({ train: update({ scalars }) }).list;
  for (const name of names) assertEquals(run.train.scalars.get(name)?.values, [2], name);
  assertEquals(partCurves([run], view).length, 3);
});

Deno.test("texts that are not what they should be are as good as none", () => {
  const odd = [
    '"resnet"',
    "5",
    "null",
    "[]",
    "{}",
    "{",
    '{"layers":5}',
    '{"input":[1],"layers":[{}]}',
  ];
  for (const value of [...odd, '{"classes":["a"],"confusion":[[1,2]]}', '{"classes":"ab"}']) {
    const tags = ["model", "kernels", "config", "confusion"];
    const said = update({ texts: Object.fromEntries(tags.map((tag) => [tag, value])) });
    const [{ train }] = runsOf({ train: said }).list;
    assertEquals(texts.modelOf(train), undefined, value);
    assertEquals(texts.timingsOf(train)?.length ?? 0, 0, value);
    assertEquals(texts.confusionsOf(train), [], value);
    assertEquals(texts.maxStepsOf(train), undefined, value);
    assert(typeof (texts.configOf(train) ?? {}) === "object", value);
  }
  assertEquals(texts.wordsOf("[1]"), []);
});

Deno.test("all evaluations of a run are found and named", () => {
  const confusion = JSON.stringify({
    classes: ["cat", "dog"],
    split: "test",
    averages: true,
    examples: 6,
    confusion: [[2, 1], [0, 3]],
    picturesInCell: 12,
  });
  const subjects = ["", " (train)", " (not averaged)", " (train, not averaged)"];
  const names = ["test", "train", "test, not averaged", "train, not averaged"];
  const scalars = Object.fromEntries(
    subjects.map((words) => [`precision @ 1${words}`, [[100, 0.5]] as Points]),
  );
  const own = Object.fromEntries(subjects.map((words) => [`confusion${words}`, confusion]));
  const { list } = runsOf({ eval: update({ scalars, texts: own, step: 100 }) });
  const found = texts.confusionsOf(list[0].eval);
  assertEquals(new Set(found.map(({ name }) => name)), new Set(names));
  assertEquals([found[0].examples, found[0].correct, found[0].step], [6, 5, 100]);
  const curves = precisionCurves(list, view);
  assertEquals(new Set(curves.map(({ label }) => label)), new Set(names));
  assertEquals(new Set(curves.map(({ color }) => color)).size, 4);
  // Of several runs each has its colour, and each evaluation its dashes.
  const two = runsOf(...[1, 2].map(() => ({ eval: update({ scalars }) }))).list;
  const styles = precisionCurves(two, view).map(({ color, dash }) => `${color} ${dash}`);
  assertEquals(new Set(styles).size, 8);
  assertEquals(precisionCurves(two, { ...view, hidden: new Set([0]) }).length, 4);
  const one = runsOf({ eval: update({ scalars: { "precision @ 1": [[1, 1]] } }) }).list;
  assertEquals(precisionCurves(one, view).map(({ label }) => label), ["precision @ 1"]);
});

Deno.test("parts of the loss are told apart: in one run by colours, in several by dashes", () => {
  const tags = ["cross_entropy", "local3/weight_loss", "local4/weight_loss"];
  const scalars = Object.fromEntries([...tags, "total_loss", "conv1/sparsity"].map((tag) => [
    tag,
    [[0, 1]] as Points,
  ]));
  const log = { train: update({ scalars }) };
  const styles = (...logs: object[]) =>
    partCurves(runsOf(...logs).list, view).map(({ color, dash }) => [color, dash]);
  assertEquals(styles(log), [[0, 0], [1, 0], [2, 0]]);
  assertEquals(styles(log, log), [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
});

Deno.test("runs of one colour are told apart by dashes, as far as there are", () => {
  const stylesOf = (curves: (list: Runs["list"]) => { color: number; dash: number }[]) => {
    const scalars = { total_loss: [[0, 1]] as Points, cross_entropy: [[0, 1]] as Points };
    const log = { train: update({ scalars }), eval: update({ scalars }) };
    const { list } = runsOf(...Array.from({ length: 40 }, () => log));
    return curves(list).map(({ color, dash }) => `${color % 8} ${dash}`);
  };
  assertEquals(new Set(stylesOf((list) => curvesOf(list, "total_loss", view))).size, 40);
  assertEquals(new Set(stylesOf((list) => partCurves(list, view))).size, 40);
});

Deno.test("of very many curves a chart gets the first things of all runs", () => {
  const tags = Array.from({ length: 500 }, (_, i) => [`part ${i}`, [[0, 1]] as Points] as const);
  const log = { train: update({ scalars: Object.fromEntries(tags) }) };
  const fitting = (count: number) => {
    const { list } = runsOf(...Array.from({ length: count }, () => log));
    const curves = asManyAsFit(partCurves(list, { ...view, axis: "time" }));
    assertEquals(new Set(curves.map(({ column }) => column)).size, count);
    return curves.length;
  };
  assertEquals([1, 3].map(fitting), [400, 399]);
});

Deno.test("a curve's value is its last at or before a place, within its range", () => {
  const at = (x: number) => placeAt({ xs: [10, 20, 40], steps: [], values: [] }, x);
  assertEquals([9, 10, 19, 20, 39, 40, 41].map(at), [undefined, 0, 0, 1, 1, 2, undefined]);
  assertEquals(placeAt({ xs: [], steps: [], values: [] }, 1), undefined);
});

Deno.test("keys begin at the ends of what is shown, and go on from what is pointed at", () => {
  const next = (by: -1 | 1, pointed?: number, [min, max] = [15, 45]) =>
    nextPlace([0, 10, 20, 30, 40, 50], { pointed, shown: { min, max }, by });
  assertEquals([next(1), next(-1)], [2, 4]);
  assertEquals([next(1, undefined, [0, 50]), next(-1, undefined, [0, 50])], [0, 5]);
  assertEquals([next(1, 20), next(-1, 20), next(-1, 0), next(1, 50)], [3, 1, 0, 5]);
  assertEquals([next(1, undefined, [60, 70]), next(-1, undefined, [-9, -5])], [5, 0]);
});

Deno.test("by time, curves start with their run; smoothed are the averages, never what is raw", () => {
  const points: Points = [[0, 4, 50], [10, 0, 60], [20, 4, 55]];
  const scalars = { "total_loss": points, "total_loss (raw)": points, "learning_rate": points };
  const { list } = runsOf({ train: update({ scalars }) });
  const [curve] = curvesOf(list, "total_loss", { ...view, axis: "time", smoothing: 0.5 });
  assertEquals(curve.xs, [0, 10, 10]);
  assertEquals(curve.raw!.values, [4, 0, 4]);
  const [first, second, third] = curve.values as number[];
  assertEquals(first, 4);
  assertAlmostEquals(second, 4 / 3, 1e-9);
  assert(second < third && third < 4);
  const [exact] = curvesOf(list, "learning_rate", { ...view, smoothing: 0.5 });
  assertEquals([exact.values, exact.raw], [[4, 0, 4], undefined]);
});

Deno.test("runs that come later and names that change leave what is there", () => {
  const runs = runsOf({ train: update({ scalars: { total_loss: [[0, 1]] } }) });
  const names = ["a/run", "b/run"].map((name) => ({ name, directory: "" }));
  runs.take({ runs: names, waiting: [], problems: [] });
  assertEquals(runs.list.map(({ name }) => name), ["a/run", "b/run"]);
  assertEquals(runs.list.map(({ train }) => train.scalars.size), [1, 0]);
});
