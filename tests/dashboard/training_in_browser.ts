// The page in a real browser, beside real training. `page.test.ts` runs these tests with all permissions,
// which the driver of the browser wants.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints } from "../../lib/train/checkpoint.ts";
import { openPage } from "../support/browser.ts";
import { startTower, tower } from "../support/tower.ts";
import {
  accessibilityProblems,
  lastStep,
  noteShifts,
  permissions,
  shiftsOf,
  small,
  startDashboard,
  text,
  until,
  withDirectory,
} from "./shown_page.ts";

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
      await noteShifts(page);
      await page.goto(shown.url);
      await page.getByText("nothing yet", { exact: true }).waitFor();

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
      assertMatch(
        await page.title(),
        /^\d+% · loss [\d.]+ – Tower$|^0\.\d+% · loss [\d.]+ – Tower$/,
      );
      const shifts = await shiftsOf(page);
      assert(shifts < 0.05, `layout shifts of ${shifts}`);

      // Another layer's histograms.
      await page.selectOption("#ridge select", "local3/weights/gradients");
      await page.locator('#ridge canvas[aria-label*="local3/weights/gradients"]').waitFor();

      // The pictures of an earlier step.
      const step = page.locator("#moment-step"), newest = await step.textContent();
      await page.locator("#moment").focus();
      await page.keyboard.press("Home");
      assertEquals([newest !== "step 0", await step.textContent()], [true, "step 0"]);
      const sources = await page.locator("#images img, #filters img").evaluateAll((images) =>
        images.map((image) => (image as unknown as { src: string }).src)
      );
      assert(sources.every((source) => source.includes("&step=0&")), sources.join());

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
      assertMatch(await text(page, ".run .facts"), new RegExp(`^step ${end} of ${end} · loss `));
      assertEquals(await page.evaluate(`document.querySelector(".run progress").value`), 1);

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
      await until(page, "document.documentElement.scrollWidth <= 360");
      assertEquals(complaints, []);
    } finally {
      await training?.kill();
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("of a run that was stopped before it began nobody is told how to see it again", () =>
  withDirectory(async (dir) => {
    const run = join(dir, "run");
    const args = ["--dataset=shapes", "--min-queue-examples=40000", `--train-dir=${run}`];
    const child = startTower(["train", ...args, "--dashboard=0"], { permissions });
    const output = child.stdout.pipeTo(new WritableStream());
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/http\S+/.test(said)) said += (await lines.read()).value;
    await using open = await openPage();
    const { page } = open;
    await page.goto(said.match(/http\S+/)![0]);
    await page.getByText("Live", { exact: true }).waitFor();
    child.kill("SIGINT");
    for (let read; !(read = await lines.read()).done;) said += read.value;
    await output;
    assertEquals((await child.status).code, 130);
    assertMatch(said, /^The page has ended with the run\.$/m);
    await page.getByText("The dashboard has ended, and nothing of the run is kept.").waitFor();
    assertEquals([...Deno.readDirSync(dir)], []);
  }));

Deno.test("train --dashboard shows its own run to the end, and says how to see it again", () =>
  withDirectory(async (dir) => {
    const run = join(dir, "run");
    const args = [...small, `--train-dir=${run}`, "--summary-steps=4", "--dashboard=0"];
    const child = startTower(["train", ...args], { permissions });
    const output = child.stdout.pipeTo(new WritableStream());
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!/http\S+/.test(said)) said += (await lines.read()).value;
    await using open = await openPage();
    const { page, complaints } = open;
    await page.goto(said.match(/http\S+/)![0]);
    await page.locator('.plot[aria-label^="Total loss: total_loss "]').waitFor();
    assertEquals(complaints, []);
    child.kill("SIGINT");
    for (let read; !(read = await lines.read()).done;) said += read.value;
    await output;
    assertEquals((await child.status).code, 130);
    const again = `deno task dashboard ${run}`;
    assertStringIncludes(said, `The page has ended with the run. To see it again: ${again}\n`);
    await page.getByText(`The dashboard has ended. To see this again: ${again}`).waitFor();
    assertEquals(await text(page, ".run .status"), "stopped");
    const [{ step }] = (await listCheckpoints(run)).slice(-1);
    assertMatch(await text(page, ".run .facts"), new RegExp(`^step ${step} of `));
    assertEquals(await lastStep(page, "Total loss"), Math.floor((step - 1) / 4) * 4);
  }));
