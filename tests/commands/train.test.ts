// The road as a user walks it: train, stop, resume, evaluate; and every way to take a wrong turn.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints } from "../../lib/train/checkpoint.ts";
import { f16Test } from "../support/device.ts";
import { startTower, tower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

const small = ["--dataset=shapes", "--batch_size=8", "--min-queue-examples=100"];

Deno.test("train, refuse to overwrite, resume to the bit, evaluate", () =>
  inTemporary(async (dir) => {
    const [one, two] = [join(dir, "one"), join(dir, "two")];
    const first = await tower(["train", ...small, `--train_dir=${one}`, "--max-steps=3"]);
    assertEquals(first.code, 0, first.err);
    assertMatch(
      first.out,
      /^Filling queue with 100 images before starting to train\. This will take a few seconds\.\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: step 0, loss = 4\.\d\d \(\d+\.\d examples\/sec; \d+\.\d{3} sec\/batch\)\n$/,
    );
    const config = JSON.parse(await Deno.readTextFile(join(one, "config.json")));
    assertEquals([config.dataset, config.recipe.batchSize, config.maxSteps], ["shapes", 8, 3]);

    const again = await tower(["train", ...small, `--train-dir=${one}`]);
    assertEquals([again.code, again.out], [2, ""]);
    assertStringIncludes(again.err, `Cannot train into ${one}: it holds a run already`);

    const other = await tower(["train", `--train-dir=${one}`, "--resume", "--batch-size=9"]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "with --batch-size=9: the run was started with 8");

    const resumed = await tower(["train", `--train-dir=${one}`, "--resume", "--max-steps=6"]);
    assertEquals(resumed.code, 0, resumed.err);
    const straight = await tower(["train", ...small, `--train-dir=${two}`, "--max-steps=6"]);
    assertEquals(straight.code, 0, straight.err);
    const bytes = (run: string) => Deno.readFile(join(run, "model.ckpt-6.safetensors"));
    assertEquals(await bytes(one), await bytes(two));

    const options = [`--checkpoint-dir=${one}`, "--num-examples=200"];
    const evaluated = await tower(["eval", ...options]);
    assertEquals(evaluated.code, 0, evaluated.err);
    assertMatch(evaluated.out, /: precision @ 1 = 0\.\d{3}\n$/);
    assertStringIncludes(evaluated.out, "label \\ prediction");
    const kept = JSON.parse(await Deno.readTextFile(join(one, "eval", "evaluation-6.json")));
    assertEquals([kept.step, kept.examples, kept.averages], [6, 200, true]);
    const raw = await tower(["eval", ...options, "--no-averages"]);
    assertEquals(raw.code, 0, raw.err);
    const names = [...Deno.readDirSync(join(one, "eval"))].map(({ name }) => name);
    assertEquals(
      names.filter((name) => name.endsWith(".json")).sort(),
      ["evaluation-6-not-averaged.json", "evaluation-6.json"],
    );
  }));

Deno.test("a restartable run starts where there is none and goes on where there is one", () =>
  inTemporary(async (dir) => {
    const args = ["train", ...small, "--restartable", `--train-dir=${join(dir, "run")}`];
    const first = await tower([...args, "--max-steps=1"]);
    assertEquals(first.code, 0, first.err);
    const second = await tower([...args, "--max-steps=2"]);
    assertEquals(second.code, 0, second.err);
    assertStringIncludes(second.err, "Going on from ");
  }));

Deno.test({
  name: "Ctrl-C saves a checkpoint and exits with 130, SIGTERM with 143",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporary(async (dir) => {
      for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
        const run = join(dir, signal);
        const child = startTower(["train", ...small, `--train-dir=${run}`, "--log-frequency=1"]);
        const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
        let out = "";
        while (!out.includes("step 2")) out += (await lines.read()).value;
        child.kill(signal);
        while (!(await lines.read()).done);
        await child.stderr.cancel();
        assertEquals((await child.status).code, code);
        const [checkpoint] = await listCheckpoints(run);
        assert(checkpoint.step >= 3);
      }
    }),
});

await f16Test("train in f16, resume only so, evaluate", () =>
  inTemporary(async (dir) => {
    const run = `--train-dir=${dir}`;
    const first = await tower(["train", ...small, run, "--max-steps=2", "--use_fp16"]);
    assertEquals(first.code, 0, first.err);
    const config = JSON.parse(await Deno.readTextFile(join(dir, "config.json")));
    assertEquals(config.recipe.activations, "f16");

    const other = await tower(["train", run, "--resume", "--no-use-fp16"]);
    assertEquals([other.code, other.out], [2, ""]);
    assertStringIncludes(other.err, "with --use-fp16=false: the run was started with true");

    const resumed = await tower(["train", run, "--resume", "--max-steps=3"]);
    assertEquals(resumed.code, 0, resumed.err);
    const again = await tower(["train", run, "--resume", "--max-steps=4", "--use-fp16"]);
    assertEquals(again.code, 0, again.err);
    const evaluated = await tower(["eval", `--checkpoint-dir=${dir}`, "--num-examples=100"]);
    assertEquals(evaluated.code, 0, evaluated.err);
    assertMatch(evaluated.out, /: precision @ 1 = 0\.\d{3}\n$/);
  }));

const withoutF16 = await adapterWithoutF16();
Deno.test({
  name: "an adapter without 16-bit numbers is refused --use-fp16 before anything is written" +
    (withoutF16 ? "" : " (skipped: no such adapter here)"),
  ignore: !withoutF16,
  fn: () =>
    inTemporary(async (dir) => {
      const run = join(dir, "run");
      const args = ["train", ...small, `--train-dir=${run}`, "--use-fp16"];
      const { code, out, err } = await tower(args, { env: withoutF16 });
      assertEquals([code, out, err.trim().split("\n").length], [2, "", 1], err);
      assertStringIncludes(err, "needs its feature shader-f16");
      await assertRejects(() => Deno.stat(run), Deno.errors.NotFound);
    }),
});

/** The environment in which an adapter without 16-bit numbers is found, if there is one: OpenGL's. */
async function adapterWithoutF16(): Promise<Record<string, string> | undefined> {
  const env = {
    DENO_WEBGPU_BACKEND: "gl",
    XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp",
  };
  const probe =
    "const a = await navigator.gpu.requestAdapter(); Deno.exit(a && !a.features.has('shader-f16') ? 0 : 1)";
  const { code } = await new Deno.Command(Deno.execPath(), { args: ["eval", probe], env }).output();
  return code === 0 ? env : undefined;
}

Deno.test("misuse is named in one sentence with exit code 2", () =>
  inTemporary(async (dir) => {
    const empty = join(dir, "nothing");
    const cases: [string[], string][] = [
      [["train", "--bath-size=3"], "did you mean --batch-size?"],
      [["train", "--batch-size=0"], "Cannot use --batch-size: needs an integer from 1"],
      [
        ["train", "--dataset=mnist"],
        "needs one of cifar10, cifar100, cifar100-coarse, svhn, folder, shapes",
      ],
      [["train", "--resume", `--train-dir=${empty}`], "it holds no checkpoint"],
      [["train", "--adapter=quantum"], "needs one of high-performance, low-power, software"],
      [["train", "--num_gpus=2", "--parameters=adapter", ...small], "with 2 towers"],
      [["eval", `--checkpoint_dir=${empty}`], "it holds no checkpoint; train first"],
      [["eval", "--eval_data=validation"], "needs one of test, train"],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await tower(args);
      assertEquals([code, out, err.trim().split("\n").length], [2, "", 1], `${args}: ${err}`);
      assertStringIncludes(err, message);
    }
  }));

Deno.test("failures are one sentence with exit code 1", () =>
  inTemporary(async (dir) => {
    const data = join(dir, "data", "cifar-10-batches-bin");
    await Deno.mkdir(data, { recursive: true });
    for (const name of [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat("test_batch.bin")) {
      await Deno.writeFile(join(data, name), new Uint8Array(30_730_000).fill(255));
    }
    const run = [`--data-dir=${join(dir, "data")}`, `--train-dir=${join(dir, "run")}`];
    const bad = await tower(["train", ...run]);
    assertEquals(bad.code, 1);
    assertMatch(bad.err, /needs a label from 0 to 9 in record 0 at byte offset 0, got 255/);

    await Deno.writeTextFile(join(dir, "model.ckpt-7.safetensors"), "not a checkpoint");
    const broken = await tower(["eval", `--checkpoint-dir=${dir}`, "--dataset=shapes"]);
    assertEquals(broken.code, 1);
    assertStringIncludes(broken.err, "model.ckpt-7.safetensors");
  }));

Deno.test({
  name: "without an adapter the way to one is said",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inTemporary(async (dir) => {
      const env = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };
      const { code, err } = await tower(["train", ...small, `--train-dir=${dir}`], { env });
      assertEquals(code, 1);
      assertStringIncludes(err, "deno task setup");
    }),
});

Deno.test("devices lists what there is, with measured speeds", async () => {
  const { code, out, err } = await tower(["devices"]);
  assertEquals(code, 0, err);
  assertMatch(out, /maxBufferSize +[\d,]+\n/);
  assertMatch(out, /copies +\d+\.\d GB\/s\n +computes +\d+ GFLOP\/s/);
});

Deno.test("a profile names every layer and its share of the time", async () => {
  const { code, out, err } = await tower(["train", "--profile", "--batch-size=4"]);
  assertEquals(code, 0, err);
  for (const word of ["conv1", "norm2", "softmax_linear", "GFLOP/s", "all "]) {
    assertStringIncludes(out, word);
  }
});
