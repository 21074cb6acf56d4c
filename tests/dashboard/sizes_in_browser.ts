// The page where there is much to show, or little room: long tables and names, many tags, telephones.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { openPage } from "../support/browser.ts";
import {
  accessibilityProblems,
  startDashboard,
  until,
  withDirectory,
  withPage,
  writeLongRun,
} from "./shown_page.ts";

Deno.test("twenty thousand tags do not hold up the page, and it says what it leaves out", () =>
  withDirectory(async (dir) => {
    {
      using writer = await EventWriter.open(dir);
      const image = { height: 1, width: 1, channels: 1, png: new Uint8Array(9) };
      const values = Array.from({ length: 20_000 }, (_, i) => [
        { tag: `part ${i}`, scalar: i },
        { tag: `images/image/${i}`, image },
      ]);
      writer.write({ wallTime: 1, step: 1, values: values.flat() });
    }
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page } = open;
    const before = performance.now();
    await page.goto(shown.url);
    await page.getByText("400 of 20,000 curves are shown.").waitFor();
    await page.getByText("100 of 20,000 are shown.").waitFor();
    const took = performance.now() - before;
    assert(took < 6000, `${took} ms`);
    assertEquals(await page.locator("#images img").count(), 100);
  }));

/** A model of many layers and a step of many kernels. */
async function writeTables(dir: string): Promise<void> {
  using writer = await EventWriter.open(dir);
  const layers = Array.from({ length: 30 }, (_, i) => ({
    name: `#softmax_line_${i}`,
    kind: "local_response_normalization",
    outputShape: [1, 24, 24, 64],
    parameters: 884_736,
    multiplyAdds: 14_745_600,
  }));
  const kernels = Array.from({ length: 60 }, (_, i) => ({
    layer: `conv${i}`,
    kernel: "winograd_products_gradient",
    milliseconds: i + 1,
    flops: 1e9,
  }));
  const config = { maxSteps: 9, recipe: { minQueueExamples: 500, schedule: [1, 2] } };
  const texts = { model: { input: [24, 24, 3], layers }, kernels, config, status: "x" };
  const values = Object.entries(texts).map(([tag, value]) => ({
    tag,
    text: JSON.stringify(value),
  }));
  writer.write({ wallTime: 1, step: 0, values });
}

Deno.test("tables have their heads and totals in sight, and all columns on a telephone", () =>
  withDirectory(async (dir) => {
    await writeTables(dir);
    await withPage(dir, async (page) => {
      await page.locator("#kernels tbody tr").nth(59).waitFor();
      const words = await page.locator("#model tr").allTextContents();
      assertMatch(words[0], /^layeroutputparametersmultiply-adds$/);
      assertMatch(words[2], /^#softmax_line_0 /);
      const inSight = (panel: string) =>
        page.evaluate(`["thead", "tfoot"].map((part) => {
          const scroll = document.querySelector("#${panel} .scroll").getBoundingClientRect();
          const row = document.querySelector("#${panel} " + part + " tr > *").getBoundingClientRect();
          return row.top >= scroll.top - 1 && row.bottom <= scroll.bottom + 1;
        })`);
      for (const width of [1920, 1280, 1000, 360]) {
        await page.setViewportSize({ width, height: 900 });
        for (const panel of ["model", "kernels"]) {
          assertEquals(await inSight(panel), [true, true], `${panel} at ${width}`);
          const [scroll, client] = await page.evaluate<number[]>(`(() => {
            const { scrollWidth, clientWidth } = document.querySelector("#${panel} .scroll");
            return [scrollWidth, clientWidth];
          })()`);
          assert(scroll <= client, `${panel} at ${width}: ${scroll} of ${client}`);
        }
        await until(page, `document.documentElement.scrollWidth <= ${width}`);
      }
      await page.evaluate(`document.querySelector("#kernels .scroll").scrollTop = 300`);
      assertEquals(await inSight("kernels"), [true, true]);
      // What scrolls says so, and is reached by keyboard.
      for (const hint of ["data-more-above", "data-more-below", "tabindex"]) {
        await until(page, `document.querySelector("#kernels .scroll").hasAttribute("${hint}")`);
      }
      assertEquals(await accessibilityProblems(page), []);
    });
  }));

Deno.test("runs of long names are chosen on a telephone without scrolling sideways", () =>
  withDirectory(async (dir) => {
    for (const end of ["a", "b"]) {
      await writeLongRun(join(dir, "long_name_of_a_run_".repeat(6) + end), { points: 5, top: 1 });
    }
    await withPage(dir, async (page) => {
      await page.locator(".run-choice select").first().waitFor();
      await page.setViewportSize({ width: 360, height: 800 });
      // Charts follow the width a frame later.
      await until(page, "document.documentElement.scrollWidth <= 360");
    });
  }));
