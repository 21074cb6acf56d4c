// What is left of a run that cannot begin, or cannot go on: nothing, or what was there.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { tower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50", "--max-steps=1"];
const library = new URL("../../mod.ts", import.meta.url).href;

/** A file with a model of these layers. */
async function writeModel(path: string, layers: string): Promise<void> {
  await Deno.writeTextFile(
    path,
    `import { dense, flatten, gelu, maxPool2d, relu, sequential, softmax } from "${library}";
export default () => sequential([24, 24, 3], [maxPool2d({ window: 4 }), flatten(), ${layers}]);`,
  );
}

Deno.test("nothing is left of a run that does not begin", () =>
  inTemporary(async (dir) => {
    const model = join(dir, "model.ts"), run = join(dir, "runs", "run");
    await writeModel(model, "dense({ units: 10 }), softmax()");
    const args = ["train", ...small, `--train-dir=${run}`];
    const softmax = await tower([...args, `--model=${model}`]);
    assertEquals(softmax.code, 1);
    assertStringIncludes(softmax.err, "Cannot train a model that ends in softmax");
    await Deno.writeTextFile(
      model,
      `import { dense, flatten, sequential } from "${library}";
      export default () => sequential([40, 40, 3], [flatten(), dense({ units: 10 })]);`,
    );
    const large = await tower([...args, `--model=${model}`]);
    assertEquals(large.code, 2, large.err);
    assertStringIncludes(large.err, "needs pictures of 40×40×3 at least, got 32×32×3");
    await assertRejects(() => Deno.stat(join(dir, "runs")), Deno.errors.NotFound);
  }));

Deno.test("where nothing is left to do a run stays as it was", () =>
  inTemporary(async (dir) => {
    const run = join(dir, "run");
    const first = await tower(["train", ...small, `--train-dir=${run}`]);
    assertEquals(first.code, 0, first.err);
    const look = async () => [
      [...Deno.readDirSync(run)].map(({ name }) => name).sort(),
      await Deno.readTextFile(join(run, "config.json")),
    ];
    const before = await look();
    const args = ["train", "--resume", `--train-dir=${run}`, "--max-steps=1"];
    const { code, out, err } = await tower(args);
    assertEquals([code, out], [0, ""]);
    assertStringIncludes(err, `Nothing to do: ${run} is at step 1, and --max-steps is 1.`);
    assertEquals(err.includes("Saved"), false);
    assertEquals(await look(), before);
  }));

Deno.test("a dashboard without summaries is refused before anything is looked for", () =>
  inTemporary(async (dir) => {
    const env = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
    const run = join(dir, "run");
    const args = ["train", `--data-dir=${join(dir, "data")}`, `--train-dir=${run}`];
    const { code, err } = await tower([...args, "--dashboard", "--summary-steps=0"], { env });
    assertEquals(code, 2, err);
    assertStringIncludes(err, "Cannot show a dashboard with --summary-steps=0");
    await assertRejects(() => Deno.stat(run), Deno.errors.NotFound);
  }));

Deno.test("a model whose file has changed since is refused, and its run stays as it was", () =>
  inTemporary(async (dir) => {
    const model = join(dir, "model.ts"), run = join(dir, "run");
    await writeModel(model, 'relu("NC"), dense({ units: 10, weightDecay: 0.1 })');
    const first = await tower(["train", ...small, `--train-dir=${run}`, `--model=${model}`]);
    assertEquals(first.code, 0, first.err);
    const config = await Deno.readTextFile(join(run, "config.json"));
    const commands = [
      ["train", "--resume", `--train-dir=${run}`, "--max-steps=2"],
      ["eval", `--checkpoint-dir=${run}`, "--num-examples=8"],
      ["export", run, `--output=${join(dir, "x.onnx")}`],
    ];
    const refused = async (layers: string, message: string, count = commands.length) => {
      await writeModel(model, layers);
      for (const command of commands.slice(0, count)) {
        const { code, err } = await tower(command);
        assertEquals(code, 2, err);
        assertStringIncludes(err, message);
      }
      assertEquals(await Deno.readTextFile(join(run, "config.json")), config);
    };
    await refused(
      'gelu("NC"), dense({ units: 10, weightDecay: 0.1 })',
      "one with gelu in the place",
    );
    await refused(
      'relu("NC"), dense({ units: 10, weightDecay: 0.1, activation: "relu" })',
      "one whose dense is another; put it back as it was",
    );
    // What only training takes hinders nobody else.
    const decay = 'relu("NC"), dense({ units: 10, weightDecay: 0.2 })';
    await refused(decay, "one with other L2 terms", 1);
    const evaluated = await tower(commands[1]);
    assertEquals(evaluated.code, 0, evaluated.err);
  }));
