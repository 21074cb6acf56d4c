// What the page shows of one run: odd texts, evaluations, many classes, histograms.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import type { Dataset } from "../../lib/data/dataset.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { ConfusedPictures, EvaluationSummaries } from "../../lib/evaluation_summaries.ts";
import type { EvaluationSubject } from "../../lib/evaluation_summaries.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { histogramOf } from "../../lib/summary/histogram.ts";
import { Rng } from "../../lib/rng.ts";
import {
  accessibilityProblems,
  shiftsOf,
  text,
  until,
  withDirectory,
  withPage,
  writeLongRun,
} from "./shown_page.ts";

/** An evaluation in which each of so many classes is once taken for itself, twice for the next, … */
async function writeEvaluation(
  dir: string,
  { classes, step, subject = { split: "test", averages: true }, most = 3 }: {
    classes: number;
    step: number;
    subject?: EvaluationSubject;
    most?: number;
  },
): Promise<void> {
  const names = Array.from({ length: classes }, (_, c) => `class-${c}`);
  const dataset: Dataset = { ...shapes({ train: 10, test: 10 }), classes: names };
  const pictures = new ConfusedPictures(dataset);
  const confusion = names.map(() => new Array<number>(classes).fill(0));
  const image = new Uint8Array(3 * 32 * 32).fill(90);
  let examples = 0;
  for (let label = 0; label < classes; label++) {
    for (let other = 0; other < most; other++) {
      const prediction = (label + other) % classes;
      for (let n = 0; n <= 10 * other; n++) {
        confusion[label][prediction]++;
        examples++;
        pictures.add({ image, label, prediction });
      }
    }
  }
  using summaries = await EvaluationSummaries.open(join(dir, "eval"));
  const precision = classes / examples;
  await summaries.record(
    { precision, confusion, examples },
    { step, dataset, subject, pictures },
  );
}

Deno.test("texts in no known form stop no other panel", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    using writer = await EventWriter.open(dir);
    const texts = { model: '"resnet"', kernels: "5", config: "null", "images/labels": "7" };
    const values = [
      ...Object.entries(texts).map(([tag, text]) => ({ tag, text })),
      ...["__proto__", "constructor"].map((tag) => ({ tag, scalar: 1 })),
    ];
    writer.write({ wallTime: 5, step: 400, values });
    await withPage(dir, async (page) => {
      await page.locator('.plot[aria-label="Total loss: total_loss 0.7143 at step 400"]').waitFor();
      for (const panel of ["model", "kernels", "config"]) {
        assertMatch(await text(page, `#${panel}`), /is not in a form that is known here/, panel);
      }
      writer.write({ wallTime: 6, step: 500, values: [{ tag: "total_loss", scalar: 0.5 }] });
      await page.locator('.plot[aria-label="Total loss: total_loss 0.5 at step 500"]').waitFor();
      const label = await page.locator('.plot[aria-label^="Parts"]').getAttribute("aria-label");
      assertMatch(label!, /__proto__ 1 at step 400; constructor 1 at step 400/);
      assertEquals(await text(page, "#problems"), "");
    });
  }));

Deno.test("evaluations are chosen, and only pictures that were kept are asked for", () =>
  withDirectory(async (dir) => {
    await writeEvaluation(dir, { classes: 4, step: 100 });
    const subject = { split: "train", averages: false } as const;
    await writeEvaluation(dir, { classes: 4, step: 200, subject, most: 2 });
    // An evaluation without pictures: those of the one before are others.
    using writer = await EventWriter.open(join(dir, "eval"));
    await withPage(dir, async (page, images) => {
      await page.locator(".matrix").waitFor();
      const facts = () => text(page, "#confusion .facts");
      assertEquals(await facts(), "step 100 · test · 132 pictures · precision @ 1 = 0.030");
      assertEquals(
        await text(page, "#confusion figcaption"),
        "class-0 taken for class-2: 21; the first 12 are shown",
      );
      await page.getByLabel("class-1, recognized: 1").click();
      assertEquals(await text(page, "#confusion figcaption"), "class-1, recognized: 1");
      await until(page, `document.querySelector("#confusion img").naturalWidth > 0`);
      assertEquals(await page.locator("#mistakes li").count(), 8);
      assertEquals(await page.locator("#classes tbody tr").count(), 4);
      assertEquals(
        await page.locator("#classes tbody tr").first().locator("td").allTextContents(),
        [
          ...["class-0", "33"],
          ...["3%", "3%"],
        ],
      );

      await page.selectOption("#confusion select", { label: "train, not averaged" });
      await until(page, `document.querySelector("#confusion .facts").textContent.includes("200")`);
      assertEquals(
        await facts(),
        "step 200 · train, not averaged · 48 pictures · precision @ 1 = 0.083",
      );
      const curves = await page.locator('.plot[aria-label^="Precision"]').getAttribute(
        "aria-label",
      );
      assertEquals(
        curves,
        "Precision @ 1: test 0.0303 at step 100; train, not averaged 0.08333 at step 200",
      );

      const before = images.length;
      const none = { classes: ["a", "b"], confusion: [[5, 2], [0, 9]], examples: 16 };
      const value = { tag: "confusion (train, not averaged)", text: JSON.stringify(none) };
      writer.write({ wallTime: 9e9, step: 300, values: [value] });
      await until(page, `document.querySelector("#confusion .facts").textContent.includes("300")`);
      assertEquals(
        await text(page, "#confusion figcaption"),
        "a taken for b: 2; no picture of them was kept",
      );
      assert(await page.locator("#confusion img").isHidden());
      assertEquals(images.length, before);
    });
  }));

Deno.test("a run without an evaluation shows none of another run's", () =>
  withDirectory(async (dir) => {
    await writeEvaluation(join(dir, "judged"), { classes: 4, step: 100 });
    await writeLongRun(join(dir, "trained"), { points: 5, top: 1 });
    await withPage(dir, async (page) => {
      await page.locator(".matrix").waitFor();
      await page.locator(".run-choice select").first().selectOption("trained");
      await until(page, `!document.querySelector("#confusion").hasAttribute("data-filled")`);
      assertEquals(
        await text(page, "#confusion .facts"),
        "Nothing yet: deno task eval fills this.",
      );
      assert(await page.locator(".matrix").isHidden());
      await page.locator(".run-choice select").last().selectOption("judged");
      await page.locator(".matrix").waitFor();
    });
  }));

Deno.test("a matrix is one Tab stop, and arrow keys go from number to number", () =>
  withDirectory(async (dir) => {
    await writeEvaluation(dir, { classes: 6, step: 100 });
    await withPage(dir, async (page) => {
      await page.locator(".matrix").waitFor();
      assertEquals(await page.locator('.matrix button[tabindex="0"]').count(), 1);
      const chosen = () =>
        page.locator('.matrix button[aria-pressed="true"]').getAttribute("aria-label");
      assertEquals(await chosen(), "class-0 taken for class-2: 21");
      await page.locator('.matrix button[tabindex="0"]').focus();
      await page.keyboard.press("ArrowLeft");
      assertEquals(await chosen(), "class-0 taken for class-1: 11");
      await page.keyboard.press("ArrowDown");
      assertEquals(await chosen(), "class-1, recognized: 1");
      // Over the zeros between.
      await page.keyboard.press("ArrowDown");
      assertEquals(await chosen(), "class-5 taken for class-1: 21");
      await page.keyboard.press("ArrowDown");
      assertEquals(await chosen(), "class-5 taken for class-1: 21");
      assertEquals(await page.locator('.matrix button[tabindex="0"]').count(), 1);
    });
  }));

Deno.test("a hundred classes are a heat map that fits and that keys go over", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    await writeEvaluation(dir, { classes: 100, step: 400 });
    await withPage(dir, async (page, images) => {
      const map = page.locator(".heat-map canvas");
      await map.waitFor();
      const { width, height } = (await map.boundingBox())!;
      assert(width < 800 && Math.abs(width - height) < 2, `${width}×${height}`);
      assertEquals(await page.locator("#mistakes li").count(), 10);
      assertMatch((await map.getAttribute("aria-label"))!, /class-0 taken for class-2: 21$/);
      assertEquals(
        await text(page, "#confusion figcaption"),
        "class-0 taken for class-2: 21; the first is shown",
      );
      await map.focus();
      await page.keyboard.press("ArrowRight");
      assertEquals(await text(page, "#confusion figcaption"), "class-0 taken for class-3: 0");
      const before = images.length;
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      assertEquals(
        await text(page, "#confusion figcaption"),
        "class-2 taken for class-3: 11; the first is shown",
      );
      assert(images.length <= before + 2);
      await map.click({ position: { x: 0.5 * width / 100, y: 99.5 * height / 100 } });
      assertEquals(await text(page, ".heat-map .told"), "class-99 taken for class-0: 11");
      assert(await shiftsOf(page) < 0.02);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assertEquals(await accessibilityProblems(page), [], colorScheme);
      }
    });
  }));

Deno.test("histograms over time: zeros apart, outliers said, values under the pointer and by keys", () =>
  withDirectory(async (dir) => {
    {
      using writer = await EventWriter.open(dir);
      const rng = Rng.from(5);
      for (let step = 0; step < 50; step += 10) {
        const values = Array.from({ length: 500 }, () => Math.max(0, rng.truncatedNormal()));
        values.push(1000);
        const histogram = histogramOf(values);
        writer.write({
          wallTime: step,
          step,
          values: [{ tag: "conv1/activations", histogram }, { tag: "total_loss", scalar: 1 }],
        });
      }
    }
    await withPage(dir, async (page) => {
      const canvas = page.locator('#ridge canvas[aria-label^="Histograms of conv1/activations"]');
      await canvas.waitFor();
      assertMatch(
        await text(page, "#ridge .scale"),
        /^Height is the square root .* Zeros are drawn apart.* 98% of the others are; the least is 0, the greatest 1,000\.$/,
      );
      const value = page.locator("#ridge output");
      await canvas.focus();
      await page.keyboard.press("ArrowUp");
      assertMatch((await value.textContent())!, /^step 40 · \d.*% from .* to .* · 5\d% zeros · /);
      await page.keyboard.press("ArrowUp");
      assertMatch((await value.textContent())!, /^step 30 · /);
      const { width, height } = (await canvas.boundingBox())!;
      await canvas.hover({ position: { x: width / 2, y: height - 32 } });
      assertMatch((await value.textContent())!, /^step 40 · /);
      await page.mouse.move(0, 0);
      assertEquals(await value.textContent(), "");
    });
  }));
