// A run as TensorBoard's own reader sees it, where a Python has TensorBoard.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { inTemporary } from "../support/temporary.ts";
import { tower } from "../support/tower.ts";

/** What `tensorboard_reader.py` finds: by tag, what was said at which step. */
interface Found {
  readonly scalars: Record<string, [step: number, value: number][]>;
  readonly histograms: Record<string, [step: number, count: number, inBuckets: number][]>;
  readonly images: Record<string, [step: number, width: number, height: number][]>;
  readonly texts: Record<string, [step: number, text: string][]>;
  readonly nodes: string[];
  readonly shown: Record<string, number[]>;
}

const python = await (async () => {
  for (const name of ["python3", "/usr/bin/python3"]) {
    const args = ["-c", "import tensorboard.backend.event_processing.event_accumulator"];
    const import_ = new Deno.Command(name, { args, stdout: "null", stderr: "null" });
    if ((await import_.output().catch(() => ({ success: false }))).success) return name;
  }
})();

async function readByTensorBoard(...directories: string[]): Promise<Found[]> {
  const script = fromFileUrl(new URL("tensorboard_reader.py", import.meta.url));
  const reader = new Deno.Command(python!, { args: [script, ...directories], stderr: "inherit" });
  return JSON.parse(new TextDecoder().decode((await reader.output()).stdout));
}

Deno.test({
  name: "TensorBoard finds every scalar, histogram, picture, text and the graph of a run" +
    (python ? "" : " (skipped: no Python has tensorboard)"),
  ignore: !python,
  fn: () =>
    inTemporary(async (directory) => {
      const run = join(directory, "run");
      const shared = ["--dataset=shapes", "--batch-size=8"];
      const trained = await tower(
        ["train", ...shared, "--train-dir", run, "--max-steps=5", "--summary-steps=2"],
      );
      assertEquals(trained.code, 0, trained.err);
      const options = [
        "--checkpoint-dir",
        run,
        "--eval-dir",
        join(run, "eval"),
        "--num-examples=64",
      ];
      assertEquals((await tower(["eval", ...shared, ...options, "--run-once"])).code, 0);
      const [training, evaluation] = await readByTensorBoard(run, join(run, "eval"));

      const steps = [0, 2, 4];
      const losses = ["cross_entropy", "local3/weight_loss", "local4/weight_loss", "total_loss"];
      const scalars = [
        ...losses.flatMap((name) => [name, `${name} (raw)`]),
        "learning_rate",
        "examples/sec",
        "conv1/sparsity",
        "softmax_linear/sparsity",
      ];
      for (const tag of scalars) {
        const points = training.scalars[tag];
        // The first step of a run has no speed yet.
        const expected = tag === "examples/sec" ? points.map(([step]) => step) : steps;
        assertEquals(points.map(([step]) => step), expected, tag);
        assert(points.length > 0 && points.every(([, value]) => Number.isFinite(value)), tag);
      }
      const sums = training.scalars["total_loss (raw)"].map(([, total], i) =>
        total -
        losses.slice(0, -1).reduce((sum, name) => sum + training.scalars[`${name} (raw)`][i][1], 0)
      );
      assert(sums.every((rest) => Math.abs(rest) < 1e-5), sums.join());
      for (const tag of ["conv2/activations", "conv2/weights", "conv2/weights/gradients"]) {
        assertEquals(training.histograms[tag].map(([step]) => step), steps, tag);
        for (const [, count, inBuckets] of training.histograms[tag]) {
          assertEquals(inBuckets, count, tag);
        }
      }
      assertEquals(
        training.images["images/image/0"].map(([step]) => step),
        steps,
      );
      assert(
        training.images["conv1/weights/filters"].every(([, width, height]) => width * height > 64),
      );
      assertEquals(JSON.parse(training.texts.config[0][1]).recipe.batchSize, 8);
      for (const layer of ["conv1", "pool1", "norm1", "conv2", "local3", "softmax_linear"]) {
        assert(training.nodes.some((node) => node.startsWith(`${layer}/`)), layer);
      }
      const [[step, precision]] = evaluation.scalars["precision @ 1"];
      assertEquals(step, 5);
      assert(precision >= 0 && precision <= 1);
    }),
});

Deno.test({
  name: "TensorBoard shows no evaluation of steps that a resumed run takes back" +
    (python ? "" : " (skipped: no Python has tensorboard)"),
  ignore: !python,
  fn: () =>
    inTemporary(async (directory) => {
      const run = join(directory, "run");
      const train = (...more: string[]) =>
        tower(["train", "--dataset=shapes", "--batch-size=8", "--train-dir", run, ...more]);
      const evaluations = ["eval", "--checkpoint-dir", run, "--num-examples=8"];
      for (const more of [["--max-steps=2"], ["--max-steps=4", "--resume"]]) {
        assertEquals((await train(...more)).code, 0);
        assertEquals((await tower(evaluations)).code, 0);
      }
      const shown = async () =>
        (await readByTensorBoard(join(run, "eval")))[0].shown["precision @ 1"];
      assertEquals(await shown(), [2, 4]);
      await Deno.remove(join(run, "model.ckpt-4.safetensors"));
      assertEquals((await train("--max-steps=3", "--resume")).code, 0);
      assertEquals(await shown(), [2]);
    }),
});
