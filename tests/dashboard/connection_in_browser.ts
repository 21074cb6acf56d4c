// The page as dashboards end, others take their places, and runs come.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { openPage } from "../support/browser.ts";
import { startDashboard, text, until, withDirectory, writeLongRun } from "./shown_page.ts";

Deno.test("the page waits for a dashboard that ended, and goes on with the next", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    await using open = await openPage();
    const { page } = open;
    let port: string;
    {
      await using shown = await startDashboard([dir, "--port=0"]);
      port = new URL(shown.url).port;
      await page.goto(shown.url);
      await page.locator('.plot[aria-label*="at step 400"]').waitFor();
      await shown.kill();
    }
    await page.getByText("has ended or cannot be reached; trying again").waitFor();
    using writer = await EventWriter.open(dir, { startStep: 300 });
    writer.write({ wallTime: 9, step: 300, values: [{ tag: "total_loss", scalar: 0.5 }] });
    {
      await using _shown = await startDashboard([dir, `--port=${port}`]);
      await page.getByText("Live", { exact: true }).waitFor();
      await page.locator('.plot[aria-label="Total loss: total_loss 0.5 at step 300"]').waitFor();
    }
    await page.getByText(`The dashboard has ended. To see this again: deno task dashboard ${dir}`)
      .waitFor();
  }));

/** Makes a page believe that it is seen, or not. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

Deno.test("a page that nobody sees goes on, and knows how it ended", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    await using open = await openPage();
    const { page } = open;
    {
      await using shown = await startDashboard([dir, "--port=0"]);
      await page.goto(shown.url);
      await page.locator('.plot[aria-label*="at step 400"]').waitFor();
      await setHidden(page, true);
      using writer = await EventWriter.open(dir);
      writer.write({ wallTime: 9, step: 500, values: [{ tag: "total_loss", scalar: 0.5 }] });
      await page.locator('.plot[aria-label="Total loss: total_loss 0.5 at step 500"]').waitFor();
    }
    await setHidden(page, false);
    await page.getByText(`The dashboard has ended. To see this again: deno task dashboard ${dir}`)
      .waitFor();
  }));

Deno.test("pages that nobody sees leave the connections to others, and catch up when they are seen", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const context = await open.page.context().browser()!.newContext();
    const lossAt = (step: number) => `.plot[aria-label^="Total loss:"][aria-label$=" ${step}"]`;
    const pages: Page[] = [];
    for (let n = 0; n < 8; n++) {
      if (n > 0) await setHidden(pages[n - 1], true);
      pages.push(await context.newPage());
      await pages[n].goto(shown.url, { timeout: 20_000 });
      await pages[n].locator(lossAt(400)).waitFor({ timeout: 20_000 });
    }
    using writer = await EventWriter.open(dir);
    writer.write({ wallTime: 9, step: 500, values: [{ tag: "total_loss", scalar: 0.5 }] });
    await pages[7].locator(lossAt(500)).waitFor();
    assertEquals(await pages[0].locator(lossAt(400)).count(), 1);
    await setHidden(pages[0], false);
    await pages[0].locator(lossAt(500)).waitFor();
  }));

Deno.test("nothing of one dashboard stays when another takes its place", () =>
  withDirectory(async (dir) => {
    const [before, after] = ["before", "after"].map((name) => join(dir, name));
    await writeLongRun(before, { points: 5, top: 1 });
    {
      using writer = await EventWriter.open(after);
      writer.write({ wallTime: 1, step: 400, values: [{ tag: "status", text: "stopped" }] });
    }
    await using open = await openPage();
    const { page } = open;
    let port: string;
    {
      await using shown = await startDashboard([before, "--port=0"]);
      port = new URL(shown.url).port;
      await page.goto(shown.url);
      await page.locator('.plot[aria-label*="at step 400"]').waitFor();
    }
    await using _shown = await startDashboard([after, `--port=${port}`]);
    await page.getByText("stopped", { exact: true }).waitFor();
    assertEquals(await page.locator(".run .name").allTextContents(), ["after"]);
    assertEquals(await page.locator(".plot canvas").count(), 0);
    await page.locator('.plot[aria-label="Total loss: nothing yet"]').waitFor();
  }));

Deno.test("runs that begin later come by themselves", () =>
  withDirectory(async (dir) => {
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page, complaints } = open;
    await page.goto(shown.url);
    await page.getByText("nothing yet", { exact: true }).waitFor();
    await writeLongRun(join(dir, "a", "run"), { points: 5, top: 1 });
    await page.locator('.plot[aria-label="Total loss: total_loss 0.7143 at step 400"]').waitFor();
    assertEquals(await page.locator(".run .name").allTextContents(), ["run"]);
    await writeLongRun(join(dir, "b", "run"), { points: 3, top: 2 });
    await page.locator('.plot[aria-label*="b/run 1.667 at step 200"]').waitFor();
    assertEquals(await page.locator(".run .name").allTextContents(), ["a/run", "b/run"]);
    assertEquals(await page.locator(".run-choice option").allTextContents(), [
      ...["a/run", "b/run"],
      ...["a/run", "b/run"],
      ...["a/run", "b/run"],
    ]);
    assertEquals(complaints, []);
  }));

Deno.test("problems on the page are those that there are now", () =>
  withDirectory(async (dir) => {
    await writeLongRun(dir, { points: 5, top: 1 });
    const [first, second] = ["7.x", "8.x"].map((end) => join(dir, `events.out.tfevents.${end}`));
    await Deno.writeFile(first, new Uint8Array(99).fill(7));
    await Deno.symlink(join(dir, "nowhere"), second);
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page } = open;
    await page.goto(shown.url);
    await until(page, `document.querySelectorAll("#problems li").length === 2`);
    // As many as before, but not the same.
    await Deno.remove(second);
    await Deno.writeFile(second, new Uint8Array(99).fill(7));
    await until(
      page,
      `!document.querySelector("#problems").textContent.includes("cannot be read")`,
    );
    const problems = await page.locator("#problems li").allTextContents();
    assertEquals(problems.length, 2);
    assert(problems.every((problem) => problem.includes("is corrupt from byte 0 on")));
    assert((await text(page, "#problems")).includes("8.x"));
  }));
