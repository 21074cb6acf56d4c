/** What tests of the page in a real browser share. */
import axe from "axe-core/axe.min.js" with { type: "text" };
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { openPage } from "../support/browser.ts";
import { startTower } from "../support/tower.ts";

/** What training needs. */
export const permissions = [
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-net=127.0.0.1",
];

/** Training that is quick. */
export const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50"];

/** Works in a directory that is removed afterwards. */
export async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** `cli.ts dashboard`, started. */
export interface Shown extends AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

/** Starts the dashboard; disposed, it ends by SIGINT. */
export async function startDashboard(args: string[]): Promise<Shown> {
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
  let ended = false;
  const end = async (signal: Deno.Signal) => {
    if (ended) return;
    ended = true;
    child.kill(signal);
    await lines.cancel();
    await child.stderr.cancel();
    assertEquals((await child.status).code, signal === "SIGKILL" ? 137 : 130);
  };
  return {
    url: out.trim(),
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGINT"),
  };
}

/** The text of an element. */
export async function text(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector)) ?? "";
}

/** Waits until an expression is true in the page, whose policy forbids `page.waitForFunction`'s `eval`. */
export async function until(page: Page, expression: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!await page.evaluate(`Boolean(${expression})`)) {
    assert(Date.now() < end, `still not true: ${expression}`);
    await page.waitForTimeout(50);
  }
}

/** The last step that a chart's name tells. */
export async function lastStep(page: Page, title: string): Promise<number> {
  const label = await page.locator(`.plot[aria-label^="${title}:"]`).getAttribute("aria-label");
  return Number(label?.match(/at step ([\d,]+)$/)?.[1].replaceAll(",", ""));
}

/** What breaks WCAG AA, in a sentence each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate(`
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes[0].html)
    )
  `);
}

/** Begins to note how far what stands on the page is pushed around. */
export async function noteShifts(page: Page): Promise<void> {
  await page.addInitScript(`
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, value } of list.getEntries()) {
        if (!hadRecentInput) shifts.push(value);
      }
    }).observe({ type: "layout-shift", buffered: true });
  `);
}

/** How far that was, as browsers add it up. */
export async function shiftsOf(page: Page): Promise<number> {
  return await page.evaluate<number>("shifts.reduce((a, b) => a + b, 0)");
}

/** A run of many points, written at once; its loss falls as 1 / (1 + step / 1000) from `top`. */
export async function writeLongRun(
  directory: string,
  { points, top, apart = 100 }: { points: number; top: number; apart?: number },
): Promise<void> {
  using writer = await EventWriter.open(directory);
  const text = (tag: string, text: string) => ({ tag, text });
  writer.write({ wallTime: 1, step: 0, values: [text("status", "finished")] });
  for (let i = 0; i < points; i++) {
    const step = i * apart, loss = top / (1 + step / 1000);
    const raw = { tag: "total_loss (raw)", scalar: loss * (1 + 0.1 * Math.sin(i)) };
    writer.write({ wallTime: i, step, values: [{ tag: "total_loss", scalar: loss }, raw] });
  }
}

/** A page of a dashboard of a directory, with the addresses of the images that it asks for. */
export async function withPage(
  dir: string,
  work: (page: Page, images: string[]) => Promise<void>,
): Promise<void> {
  await using shown = await startDashboard([dir, "--port=0"]);
  await using open = await openPage();
  const { page, complaints } = open;
  const images: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/image?")) images.push(request.url());
  });
  await noteShifts(page);
  await page.goto(shown.url);
  await page.locator("main").waitFor();
  await work(page, images);
  assertEquals(complaints, []);
}
