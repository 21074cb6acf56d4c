// Charts: many points, zoom, values under the pointer, keys and fingers.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { openPage } from "../support/browser.ts";
import {
  accessibilityProblems,
  lastStep,
  noteShifts,
  shiftsOf,
  startDashboard,
  text,
  until,
  withDirectory,
  writeLongRun,
} from "./shown_page.ts";

const plotOf = (page: Page, title: string) => page.locator(`.plot[aria-label^="${title}:"]`);
const legendOf = (page: Page, title: string) =>
  page.locator(`.legend[aria-label="Values: ${title}"]`);

/** Runs of the same tags, each of so many points. */
async function writeRuns(dir: string, points: Record<string, number>): Promise<void> {
  for (const [name, count] of Object.entries(points)) {
    using writer = await EventWriter.open(join(dir, name));
    for (let step = 0; step < count * 10; step += 10) {
      const values = ["total_loss", "cross_entropy", "local3/weight_loss", "learning_rate"]
        .flatMap((tag) => [
          { tag, scalar: 1 + step / 1000 },
          ...tag === "learning_rate" ? [] : [{ tag: `${tag} (raw)`, scalar: 2 + step / 1000 }],
        ]);
      writer.write({ wallTime: 100 + step, step, values });
    }
  }
}

Deno.test("three runs of 10,000 points lie one over the other and stay smooth", () =>
  withDirectory(async (dir) => {
    for (const [name, top] of [["first", 4], ["second", 5], ["third", 6]] as const) {
      await writeLongRun(join(dir, name), { points: 10_000, top });
    }
    await Deno.writeFile(
      join(dir, "second", "events.out.tfevents.9.x"),
      new Uint8Array(99).fill(7),
    );
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page, complaints } = open;
    await noteShifts(page);
    await page.goto(shown.url);
    const plot = page.locator('.plot[aria-label*="second 0.004996 at step 999,900"]');
    await plot.waitFor();
    assertStringIncludes(
      (await plot.getAttribute("aria-label"))!,
      "first 0.003996 at step 999,900",
    );
    assertEquals(await page.locator(".run .name").allTextContents(), ["first", "second", "third"]);
    assertStringIncludes(await text(page, "#problems"), "is corrupt from byte 0 on");
    const shifts = await shiftsOf(page);
    assert(shifts < 0.02, `layout shifts of ${shifts}`);

    await page.evaluate(`
      globalThis.frames_ = [];
      const tick = (now) => (frames_.push(now), requestAnimationFrame(tick));
      requestAnimationFrame(tick);
    `);
    const box = (await plot.locator(".u-over").boundingBox())!;
    for (let i = 0; i < 60; i++) await page.mouse.move(box.x + i * 8, box.y + 50 + i % 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 100, box.y + 60, { steps: 20 });
    await page.mouse.up();
    const frames = await page.evaluate<number[]>("frames_");
    const gaps = frames.slice(1).map((at, i) => at - frames[i]).sort((a, b) => a - b);
    const [median, worst] = [gaps[gaps.length >> 1], gaps.at(-1)!];
    console.log(
      `${frames.length} frames: median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
    );
    assert(median < 50, `a frame takes ${median} ms`);
    assertEquals(complaints, []);
  }));

Deno.test("zooming one chart zooms all, by pointer, keys, buttons and fingers", () =>
  withDirectory(async (dir) => {
    await writeRuns(dir, { run: 100 });
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page, complaints } = open;
    await page.goto(shown.url);
    await plotOf(page, "Total loss").locator("canvas").waitFor();
    const words = page.locator("#range-words");
    assertEquals(await words.textContent(), "all steps");
    const height = () => page.evaluate<number>("document.documentElement.scrollHeight");
    const before = await height();
    // Drag.
    const over = plotOf(page, "Learning rate").locator(".u-over");
    const box = (await over.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60, { steps: 5 });
    await page.mouse.up();
    assertMatch((await words.textContent())!, /^steps 19\d to 39\d$/);
    assertEquals(await height(), before, "what is said of the range moves nothing");
    // The middle of another chart is the middle of that part.
    const other = (await plotOf(page, "Total loss").locator(".u-over").boundingBox())!;
    await page.mouse.move(other.x + other.width / 2, other.y + 40);
    await until(
      page,
      `/^step (29|30)0$/.test(document.querySelector('.legend .place').textContent)`,
    );
    await page.mouse.move(0, 0);

    // Double click, keys.
    await over.dblclick();
    assertEquals(await words.textContent(), "all steps");
    await plotOf(page, "Total loss").focus();
    await page.keyboard.press("+");
    assertEquals(await words.textContent(), "steps 248 to 742");
    await page.keyboard.press("ArrowRight");
    assertMatch(await text(page, "#charts .unseen"), /^step 250: /);
    assertEquals(await words.textContent(), "steps 248 to 742");
    await page.keyboard.press("Shift+ArrowLeft");
    assertEquals(await words.textContent(), "steps 124 to 618");
    await page.keyboard.press("Home");
    assertEquals(await words.textContent(), "steps 0 to 495");
    for (let i = 0; i < 20; i++) await page.keyboard.press("+");
    assertEquals(await words.textContent(), "steps 228 to 267");
    await page.keyboard.press("0");
    assertEquals(await words.textContent(), "all steps");

    // Buttons.
    await page.getByRole("button", { name: "Zoom in" }).click();
    await page.getByRole("button", { name: "Later" }).click();
    assertEquals(await words.textContent(), "steps 372 to 866");
    const newest = page.getByRole("button", { name: "newest" });
    await newest.click();
    assertEquals(await words.textContent(), "steps 495 to 990");
    assertEquals(await newest.getAttribute("aria-pressed"), "true");
    // It stays at the newest end as points come.
    {
      using writer = await EventWriter.open(join(dir, "run"));
      const values = [{ tag: "total_loss", scalar: 1 }, { tag: "learning_rate", scalar: 1 }];
      writer.write({ wallTime: 1, step: 1290, values });
    }
    await until(
      page,
      `document.querySelector("#range-words").textContent === "steps 795 to 1,290"`,
    );

    // Fingers: one moves along, two zoom.
    const devtools = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...shares: number[]) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: shares.map((share, id) => ({
          id,
          x: box.x + box.width * share,
          y: box.y + 50,
        })),
      });
    await touch("touchStart", 0.2);
    for (let share = 0.25; share < 0.71; share += 0.05) await touch("touchMove", share);
    assertMatch((await words.textContent())!, /^steps 5[4-7]\d to 1,0[4-7]\d$/);
    await touch("touchEnd");
    await touch("touchStart", 0.4, 0.6);
    for (let by = 0.02; by < 0.21; by += 0.02) await touch("touchMove", 0.4 - by, 0.6 + by);
    const [from, to] = (await words.textContent())!.replace(",", "").match(/\d+/g)!.map(Number);
    assert(to - from < 200 && to - from > 150, `${from} to ${to}`);
    await touch("touchEnd");
    await page.getByRole("button", { name: "all", exact: true }).click();
    assertEquals(await words.textContent(), "all steps");
    assertEquals(complaints, []);
  }));

Deno.test("values of several runs are each run's last at the pointer, with the step where it differs", () =>
  withDirectory(async (dir) => {
    await writeRuns(dir, { long: 40, short: 21 });
    using writer = await EventWriter.open(join(dir, "long", "eval"));
    for (const step of [100, 300]) {
      const values = [{ tag: "precision @ 1", scalar: step / 1000 }];
      writer.write({ wallTime: 100 + step, step, values });
    }
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page, complaints } = open;
    await page.goto(shown.url);
    const [legend, precision] = ["Total loss", "Precision @ 1"].map((title) =>
      legendOf(page, title)
    );
    const read = async () => [
      await legend.locator(".place").textContent(),
      ...await legend.locator(".value").allTextContents(),
      await precision.locator(".value").textContent(),
    ];
    await until(page, `document.querySelectorAll(".legend .value").length > 6`);
    const rest = ["step 390", "1.39 raw 2.39", "1.2 raw 2.2 at 200", "0.3"];
    assertEquals(await read(), rest);

    const over = plotOf(page, "Total loss").locator(".u-over");
    const box = (await over.boundingBox())!;
    const at = (step: number) => page.mouse.move(box.x + box.width * step / 390, box.y + 50);
    await at(251);
    assertEquals(await read(), ["step 250", "1.25 raw 2.25", "–", "0.1 at 100"]);
    await at(120);
    assertEquals(await read(), ["step 120", "1.12 raw 2.12", "1.12 raw 2.12", "0.1 at 100"]);
    await at(50);
    assertEquals(await read(), ["step 50", "1.05 raw 2.05", "1.05 raw 2.05", "–"]);
    // Others' names and values stay as they are.
    const opacities = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".legend *")].map((part) => getComputedStyle(part).opacity)`,
    );
    assertEquals(new Set(opacities), new Set(["1"]));
    await page.mouse.move(0, 0);
    assertEquals(await read(), rest);

    await plotOf(page, "Precision @ 1").focus();
    await page.keyboard.press("ArrowLeft");
    const spoken = page.locator("#charts figure").nth(1).locator(".unseen");
    assertEquals(await spoken.textContent(), "step 300: long 0.3");
    assertEquals(await read(), ["step 300", "1.3 raw 2.3", "–", "0.3"]);
    await plotOf(page, "Total loss").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    const loud = page.locator("#charts figure").first().locator(".unseen");
    assertEquals(
      await loud.textContent(),
      "step 10: long 1.01 (raw 2.01), short 1.01 (raw 2.01)",
    );

    // Parts are a table of runs, within their card.
    const parts = legendOf(page, "Parts of the loss");
    assertEquals(await parts.locator("th").allTextContents(), [
      ...["long", "short"],
      ...["cross_entropy", "local3/weight_loss"],
    ]);
    const dashes = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.legend[aria-label="Values: Parts of the loss"] line')]
        .map((line) => line.getAttribute("stroke-dasharray"))`,
    );
    assertEquals(new Set(dashes).size, 2);
    const within = await page.evaluate(
      `[...document.querySelectorAll("figure.chart")].every((card) =>
      card.querySelector(".legend").getBoundingClientRect().bottom <= card.getBoundingClientRect().bottom)`,
    );
    assert(within, "legends stay in their cards");

    // Runs may be hidden, and lie beside each other by time.
    await page.getByLabel("Show long in the charts").uncheck();
    await until(page, `document.querySelectorAll(".legend .value").length === 4`);
    assertEquals(await lastStep(page, "Total loss"), 200);
    await page.getByLabel("Show long in the charts").check();
    await page.selectOption("#axis", "time");
    await until(page, `document.querySelector(".legend .place").textContent === "newest"`);
    await page.locator("#smoothing").fill("0.9");
    await until(page, `!document.querySelector(".legend").textContent.includes("1.39")`);
    assertStringIncludes(await text(page, ".legend"), "raw 2.39");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assertEquals(await accessibilityProblems(page), [], colorScheme);
    }
    assertEquals(complaints, []);
  }));

Deno.test("raw curves are faint and behind, also after the pointer was there", () =>
  withDirectory(async (dir) => {
    await writeRuns(dir, { run: 100 });
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page } = open;
    await page.goto(shown.url);
    const plot = plotOf(page, "Total loss");
    await plot.locator("canvas").waitFor();
    /** Pixels of the curve, faint and strong, where raw values alone are. */
    const pixels = () =>
      page.evaluate<{ faint: number; strong: number }>(`(() => {
        const canvas = document.querySelector('.plot[aria-label^="Total loss:"] canvas');
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(width / 4, 0, width / 2, height / 3);
        const found = { faint: 0, strong: 0 };
        for (let i = 0; i < data.length; i += 4) {
          const isBlue = data[i + 2] - data[i] > 40;
          // Lines of the grid are opaque.
          if (isBlue && data[i + 3] < 250) found[data[i + 3] < 100 ? "faint" : "strong"]++;
        }
        return found;
      })()`);
    const before = await pixels();
    assert(before.faint > 200 && before.strong < 5, JSON.stringify(before));
    const box = (await plot.boundingBox())!;
    for (let i = 0; i < 20; i++) await page.mouse.move(box.x + 80 + 20 * i, box.y + 40 + 5 * i);
    await page.mouse.move(0, 0);
    await page.waitForTimeout(100);
    assertEquals(await pixels(), before);
  }));
