// The page in a real browser, beside real training. `page.test.ts` runs these tests with all permissions,
// which the driver of the browser wants.

import axe from "axe-core/axe.min.js" with { type: "text" };
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Page } from "playwright-core";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { listCheckpoints } from "../../lib/train/checkpoint.ts";
import { openPage } from "../support/browser.ts";
import { startTower, tower } from "../support/tower.ts";

const permissions = ["--allow-env", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"];
const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50"];

interface Shown extends AsyncDisposable {
  readonly url: string;
}

/** `cli.ts dashboard`, started; ended with SIGINT. */
async function startDashboard(args: string[]): Promise<Shown> {
  const child = startTower(["dashboard", ...args], {
    permissions: ["--allow-read", "--allow-net=127.0.0.1"],
  });
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let out = "";
  while (!out.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`The dashboard ended: ${await new Response(child.stderr).text()}`);
    out += value;
  }
  return {
    url: out.trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await lines.cancel();
      await child.stderr.cancel();
      assertEquals((await child.status).code, 130);
    },
  };
}

/** Training, started; it goes on until it is killed. */
function startTraining(run: string, ...args: string[]): { kill(): Promise<void> } {
  const flags = [...small, `--train-dir=${run}`, "--summary-steps=4", "--save-interval-secs=1"];
  const child = startTower(["train", ...flags, ...args], { permissions });
  const drained = [child.stdout, child.stderr].map((pipe) => pipe.pipeTo(new WritableStream()));
  return {
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await Promise.all(drained);
    },
  };
}

const text = async (page: Page, selector: string) => (await page.textContent(selector)) ?? "";

/** Waits until an expression is true in the page, whose policy forbids `page.waitForFunction`'s `eval`. */
async function until(page: Page, expression: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!await page.evaluate(`Boolean(${expression})`)) {
    assert(Date.now() < end, `still not true: ${expression}`);
    await page.waitForTimeout(50);
  }
}

/** The last step that a chart's name tells. */
async function lastStep(page: Page, title: string): Promise<number> {
  const label = await page.locator(`.plot[aria-label^="${title}:"]`).getAttribute("aria-label");
  return Number(label?.match(/at step ([\d,]+)$/)?.[1].replaceAll(",", ""));
}

/** What breaks WCAG AA, in a sentence each. */
async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(`
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes[0].html)
    )
  `);
}

Deno.test({
  name: "a run fills the page as it goes on, is killed and resumed under it, and is evaluated",
  fn: async () => {
    const dir = await Deno.makeTempDir();
    const run = join(dir, "run");
    await Deno.mkdir(run);
    let training: ReturnType<typeof startTraining> | undefined;
    try {
      await using shown = await startDashboard([run, "--port=0"]);
      await using open = await openPage();
      const { page, complaints } = open;
      await page.goto(shown.url);
      await page.getByText("nothing yet", { exact: true }).waitFor();
      await page.evaluate(`
        globalThis.shifts = [];
        new PerformanceObserver((list) => {
          for (const { hadRecentInput, value } of list.getEntries()) {
            if (!hadRecentInput) shifts.push(value);
          }
        }).observe({ type: "layout-shift", buffered: true });
      `);

      training = startTraining(run);
      await page.locator('.plot[aria-label^="Total loss: total_loss "]').waitFor();
      for (
        const title of ["Learning rate", "Examples per second", "Parts of the loss", "Sparsity"]
      ) {
        await page.locator(`.plot[aria-label^="${title}"] canvas`).waitFor();
      }
      await page.locator("#images img").nth(2).waitFor();
      await until(
        page,
        `[...document.querySelectorAll("#images img, #filters img")]
          .every((image) => image.naturalWidth > 0)`,
      );
      const labels = await page.locator("#images figcaption").allTextContents();
      assert(labels.every((label) => /^[a-z]+$/.test(label)), labels.join());
      await page.locator('#ridge canvas[aria-label^="Histograms of conv1/activations"]').waitFor();
      assertStringIncludes(await text(page, "#model tfoot"), "1,068,298");
      assertStringIncludes(await text(page, "#kernels tbody"), "conv2");
      assertStringIncludes(await text(page, "#config"), "recipe.batchSize");
      assertStringIncludes(await text(page, "#confusion"), "Nothing yet");
      assertEquals(await text(page, ".run .status"), "running");

      const before = await lastStep(page, "Total loss");
      while (await lastStep(page, "Total loss") < before + 12) await page.waitForTimeout(100);
      assertMatch(await text(page, ".run .facts"), /step \d+ of 1,000,000 · .+ left · loss /);
      const shifts = await page.evaluate<number[]>("shifts");
      assert(shifts.reduce((a, b) => a + b, 0) < 0.05, `layout shifts of ${shifts}`);

      // Another layer's histograms.
      await page.selectOption("#ridge select", "local3/weights/gradients");
      await page.locator('#ridge canvas[aria-label*="local3/weights/gradients"]').waitFor();

      // Zoom by pointer and by keyboard.
      const plot = page.locator('.plot[aria-label^="Total loss"] .u-over');
      const box = (await plot.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 5 });
      await page.mouse.up();
      const range = page.locator("#charts figure").first().locator(".range");
      assertMatch((await range.textContent())!, /^steps \d+ to \d+$/);
      await page.locator('.plot[aria-label^="Total loss"]').focus();
      await page.keyboard.press("0");
      await until(page, `document.querySelector("#charts .range").textContent === ""`);
      await page.keyboard.press("ArrowLeft");
      const spoken = page.locator("#charts figure").first().locator(".unseen");
      assertMatch((await spoken.textContent())!, /^step \d+: total_loss \(raw\) /);

      // The trainer dies without a word, and goes on from its checkpoint.
      while ((await listCheckpoints(run)).length === 0) {
        await new Promise((go) => setTimeout(go, 100));
      }
      await training.kill();
      const [checkpoint] = (await listCheckpoints(run)).slice(-1);
      const end = checkpoint.step + 9;
      const resumed = await tower(
        ["train", "--resume", `--train-dir=${run}`, "--summary-steps=4", `--max-steps=${end}`],
        { permissions },
      );
      assertEquals(resumed.code, 0, resumed.err);
      training = undefined;
      await page.locator('.run .status[data-status="finished"]').waitFor();
      assertEquals(await lastStep(page, "Total loss"), end - 1);

      // An evaluation, its matrix, and the pictures of a cell.
      const evaluated = await tower(["eval", `--checkpoint-dir=${run}`, "--num-examples=200"]);
      assertEquals(evaluated.code, 0, evaluated.err);
      const cells = page.locator(".matrix button");
      await cells.first().waitFor();
      const counts = await cells.allTextContents();
      assertEquals(counts.map(Number).reduce((a, b) => a + b), 200);
      await cells.last().click();
      await until(page, `document.querySelector("#confusion img").naturalWidth > 0`);
      assertMatch(
        await text(page, "#confusion figcaption"),
        /^[a-z]+(, recognized| taken for [a-z]+): \d/,
      );

      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assertEquals(await accessibilityProblems(page), [], colorScheme);
      }
      await page.setViewportSize({ width: 360, height: 800 });
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert(width <= 360, `${width} pixels wide on a telephone`);
      assertEquals(complaints, []);
    } finally {
      await training?.kill();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** A run of many points, written at once; its loss falls as 1 / (1 + step / 1000) from `top`. */
async function writeLongRun(directory: string, { points, top }: { points: number; top: number }) {
  using writer = await EventWriter.open(directory);
  const text = (tag: string, text: string) => ({ tag, text });
  writer.write({ wallTime: 1, step: 0, values: [text("status", "finished")] });
  for (let i = 0; i < points; i++) {
    const step = i * 100, loss = top / (1 + step / 1000);
    const raw = { tag: "total_loss (raw)", scalar: loss * (1 + 0.1 * Math.sin(i)) };
    writer.write({ wallTime: i, step, values: [{ tag: "total_loss", scalar: loss }, raw] });
  }
}

Deno.test("two runs of 10,000 points lie one over the other and stay smooth", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const [name, top] of [["first", 4], ["second", 5]] as const) {
      await writeLongRun(join(dir, name), { points: 10_000, top });
    }
    await Deno.writeFile(
      join(dir, "second", "events.out.tfevents.9.x"),
      new Uint8Array(99).fill(7),
    );
    await using shown = await startDashboard([dir, "--port=0"]);
    await using open = await openPage();
    const { page, complaints } = open;
    await page.goto(shown.url);
    const plot = page.locator('.plot[aria-label*="second 0.004996 at step 999,900"]');
    await plot.waitFor();
    assertStringIncludes(
      (await plot.getAttribute("aria-label"))!,
      "first 0.003996 at step 999,900",
    );
    assertEquals(await page.locator(".run .name").allTextContents(), ["first", "second"]);
    assertStringIncludes(await text(page, "#problems"), "is corrupt from byte 0 on");

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
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the page waits for a dashboard that ended, and goes on with the next", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await writeLongRun(dir, { points: 5, top: 1 });
    await using open = await openPage();
    const { page } = open;
    let port: string;
    {
      await using shown = await startDashboard([dir, "--port=0"]);
      port = new URL(shown.url).port;
      await page.goto(shown.url);
      await page.locator('.plot[aria-label*="at step 400"]').waitFor();
    }
    await page.getByText("has ended or cannot be reached; trying again").waitFor();
    using writer = await EventWriter.open(dir, { startStep: 300 });
    writer.write({ wallTime: 9, step: 300, values: [{ tag: "total_loss", scalar: 0.5 }] });
    await using _shown = await startDashboard([dir, `--port=${port}`]);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.locator('.plot[aria-label="Total loss: total_loss 0.5 at step 300"]').waitFor();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("train --dashboard shows its own run", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const run = join(dir, "run");
    const args = [...small, `--train-dir=${run}`, "--summary-steps=4", "--dashboard=0"];
    const child = startTower(["train", ...args], { permissions });
    const output = child.stdout.pipeTo(new WritableStream());
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/http\S+/.test(said)) said += (await lines.read()).value;
    await using open = await openPage();
    await open.page.goto(said.match(/http\S+/)![0]);
    await open.page.locator('.plot[aria-label^="Total loss: total_loss "]').waitFor();
    assertEquals(open.complaints, []);
    child.kill("SIGINT");
    while (!(await lines.read()).done);
    await output;
    assertEquals((await child.status).code, 130);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
