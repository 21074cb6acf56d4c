// The sheet of pictures: what is shown is what a run trains on.

import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { exampleSheet } from "../../lib/commands/example_sheet.ts";
import { seenExamples } from "../../lib/commands/seen_examples.ts";
import { imageBytes } from "../../lib/data/dataset.ts";
import { inOrder } from "../../lib/data/in_order.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { textPicture } from "../../lib/summary/font.ts";
import { pictureOfPlanes } from "../../lib/summary/pictures.ts";
import { train } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";
import { tower } from "../support/tower.ts";

const dataset = shapes({ train: 100, test: 10 });
const crop = [24, 24] as const;

Deno.test("the examples of train are those of a run's steps, with the same distortion", async () => {
  using device = await openDevice();
  const recipe = { ...tinyRecipe, seed: 5 };
  const examples = await seenExamples(device, { dataset, split: "train", count: 11, recipe, crop });
  assertEquals(examples.length, 11);
  const options = { model: tinyModel, recipe, dataset, maxSteps: 3, summarySteps: 1 };
  let compared = 0;
  for await (const event of train(device, options)) {
    if (event.type !== "summary") continue;
    const { step, labels, summary: { pictures } } = event;
    const [count, ...sizes] = pictures.shape;
    const size = sizes.reduce((a, b) => a * b);
    for (let n = 0; n < count; n++) {
      const { label, seen } = examples[step * recipe.batchSize + n];
      assertEquals(label, labels[n]);
      assertEquals(seen, pictures.values.slice(n * size, (n + 1) * size));
      compared++;
    }
  }
  assertEquals(compared, 3 * 3);
});

Deno.test("the stored picture of an example is that of its record, and of test all are in order", async () => {
  using device = await openDevice();
  const records: { label: number; stored: Uint8Array }[] = [];
  for await (const { images, labels } of inOrder(dataset, { split: "train", batchSize: 1 })) {
    records.push({ label: labels[0], stored: images.slice() });
  }
  const common = { dataset, recipe: tinyRecipe, crop };
  for (const example of await seenExamples(device, { ...common, split: "train", count: 6 })) {
    const { label, index, stored } = example;
    assertEquals({ label, stored }, records[index]);
  }
  const tests = await seenExamples(device, { ...common, split: "test", count: 99 });
  assertEquals(tests.map(({ index }) => index), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const { stored, seen } of tests) {
    // Standardized, the picture is the central crop but for its mean and deviation.
    const { bytes } = pictureOfPlanes(stored, [32, 32, 3]);
    const central = Array.from(seen, (_, i) => {
      const [h, w, c] = [Math.floor(i / 72), Math.floor(i / 3) % 24, i % 3];
      return bytes[((h + 4) * 32 + w + 4) * 3 + c];
    });
    const mean = central.reduce((a, b) => a + b) / central.length;
    const variance = central.reduce((sum, x) => sum + (x - mean) ** 2, 0) / central.length;
    central.forEach((x, i) => assertAlmostEquals(seen[i], (x - mean) / Math.sqrt(variance), 1e-4));
  }
});

Deno.test("a cell of the sheet has the stored picture, the one that is seen, and its label", () => {
  const stored = Uint8Array.from({ length: imageBytes(dataset.format) }, (_, i) => i % 251);
  const seen = Float32Array.from({ length: 24 * 24 * 3 }, (_, i) => i % 7 - 3);
  const sheet = exampleSheet([{ label: 1, index: 42, stored, seen }], { dataset, crop });
  const at = (
    y: number,
    x: number,
  ) => [...sheet.bytes.subarray((y * sheet.width + x) * 3).slice(0, 3)];
  const pixel = (h: number, w: number) => [0, 1, 2].map((c) => stored[c * 1024 + h * 32 + w]);
  // Four pixels for one, 24 white around; the crop 16 lower, 8 to the right.
  assertEquals(at(24, 24), pixel(0, 0));
  assertEquals(at(24 + 4 * 31 + 3, 24 + 4 * 17), pixel(31, 17));
  const left = 24 + 128 + 8;
  const grey = (value: number) => Math.round(value * 127 / 3 + 128);
  assertEquals(at(24 + 16, left), [-3, -2, -1].map(grey));
  assertEquals(at(24 + 16, left - 1), [255, 255, 255]);

  const text = textPicture("ring", { zoom: 2 });
  const part = Array.from(
    text.bytes,
    (_, i) => at(24 + 132 + Math.floor(i / text.width), 24 + i % text.width)[0],
  );
  assertEquals(part, [...text.bytes]);
});

Deno.test("classes with long names and short ones come on one sheet, as wide as the longest", () => {
  const classes = ["cat", "a very long name of a class indeed"];
  const stored = new Uint8Array(imageBytes(dataset.format));
  const seen = new Float32Array(24 * 24 * 3);
  const examples = [0, 1, 0].map((label, index) => ({ label, index, stored, seen }));
  const sheet = exampleSheet(examples, { dataset: { ...dataset, classes }, crop });
  const cell = (6 * classes[1].length - 1) * 2 + 24 + (6 * 2 - 1) * 2;
  assertEquals(sheet.width, 2 * (cell + 24) + 24);
});

Deno.test("data show writes the same PNG for the same seed, and another for another", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const write = async (name: string, seed: number) => {
      const output = join(dir, name);
      const flags = ["--dataset=shapes", "--count=3", `--seed=${seed}`, `--output=${output}`];
      const { code, out, err } = await tower(["data", "show", ...flags]);
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out, `Wrote ${output}: 3 pictures of shapes train, each as stored and`);
      return await Deno.readFile(output);
    };
    const first = await write("a.png", 3);
    assertEquals(await write("b.png", 3), first);
    assert(Buffer.compare(await write("a.png", 4), first) !== 0);
    const { width, height } = PNG.sync.read(Buffer.from(first));
    assertEquals([width, height], [2 * (232 + 24) + 24, 2 * (146 + 24) + 24]);
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["a.png", "b.png"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("data without show, or with a word too many, is misuse in one sentence", async () => {
  const cases: [string[], string][] = [
    [["data"], "Cannot go without show: needs one, got none; see --help"],
    [["data", "shwo"], `Cannot use "shwo": needs the word show there`],
    [["data", "show", "x"], `Cannot use "x": there is a word too many`],
    [["data", "show", "--split=eval"], "needs one of train, test"],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await tower(args);
    assertEquals([code, out, err.trim().split("\n").length], [2, "", 1], err);
    assertStringIncludes(err, message);
  }
});
