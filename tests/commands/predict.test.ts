// What a run has learned, used and taken elsewhere.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../lib/data/image.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { readSafetensors } from "../../lib/export/safetensors_files.ts";
import { Rng } from "../../lib/rng.ts";
import { loadNewestCheckpoint } from "../../lib/train/checkpoint.ts";
import { inTemporary } from "../support/temporary.ts";
import { tower } from "../support/tower.ts";

const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50", "--max-steps=2"];

async function withRun(
  work: (places: { dir: string; run: string }) => Promise<void>,
  ...args: string[]
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const run = join(dir, "run");
    const { code, err } = await tower(["train", ...small, `--train-dir=${run}`, ...args]);
    assertEquals(code, 0, err);
    await work({ dir, run });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function writePicture(path: string, [height, width]: [number, number]): Promise<void> {
  const rng = Rng.from(1);
  const bytes = Uint8Array.from({ length: height * width * 3 }, () => rng.below(256));
  await Deno.writeFile(path, await encodePng({ height, width, channels: 3, bytes }));
}

Deno.test("predict names the most probable classes of every picture that can be read", () =>
  withRun(async ({ dir, run }) => {
    const [wide, tall, broken] = ["wide.png", "tall.png", "broken.png"].map((n) => join(dir, n));
    await writePicture(wide, [40, 90]);
    await writePicture(tall, [33, 32]);
    await Deno.writeTextFile(broken, "no picture");
    const flags = [`--checkpoint-dir=${run}`];
    const shown = await tower(["predict", wide, tall, ...flags]);
    assertEquals([shown.code, shown.err], [0, ""]);
    const lines = shown.out.trim().split("\n");
    assertEquals(lines.length, 12);
    assertStringIncludes(lines[0], `${wide}: `);
    const { code, out, err } = await tower([
      "predict",
      broken,
      tall,
      "--json",
      "--top=10",
      ...flags,
    ]);
    assertEquals(code, 1);
    assertStringIncludes(err, `Cannot decode ${broken}: needs a PNG or JPEG file`);
    assertStringIncludes(err, "1 of 2 pictures got no answer.");
    const { image, top } = JSON.parse(out);
    assertEquals([image, top.length], [tall, 10]);
    const sum = top.reduce(
      (sum: number, { probability }: { probability: number }) => sum + probability,
      0,
    );
    assert(Math.abs(sum - 1) < 1e-6);
    assertEquals(lines[6], `${tall}: ${top[0].class}`);
    const missing = await tower(["predict", tall, `--checkpoint-dir=${dir}`]);
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.err, "it holds no checkpoint");
  }));

Deno.test("predict gives the same of a model that was trained and then ended in softmax", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const file = join(dir, "model.ts");
    const library = new URL("../../mod.ts", import.meta.url);
    const write = (last: string) =>
      Deno.writeTextFile(
        file,
        `import { dense, flatten, sequential, softmax } from "${library}";
        export default () => sequential([24, 24, 3], [flatten(), dense({ units: 10 })${last}]);`,
      );
    const run = join(dir, "run");
    await write("");
    const options = { permissions: ["-A"] };
    const args = ["train", ...small, `--train-dir=${run}`, `--model=${file}`];
    const { code, err } = await tower(args, options);
    assertEquals(code, 0, err);
    const picture = join(dir, "picture.png");
    await writePicture(picture, [40, 40]);
    const predict = async () => {
      const { out } = await tower(["predict", picture, `--checkpoint-dir=${run}`], options);
      return out;
    };
    const before = await predict();
    assertMatch(before, /%/);
    await write(", softmax()");
    assertEquals(await predict(), before);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Trains on data of so many channels for a step. */
async function trainOn(channels: number, dir: string): Promise<string> {
  const file = join(dir, `data${channels}.ts`), run = join(dir, `run${channels}`);
  await Deno.writeTextFile(
    file,
    `import { datasetOf } from "${new URL("../../mod.ts", import.meta.url)}";
    const some = () => [0, 1].map((label) => ({ image: new Uint8Array(784 * ${channels}), label }));
    const format = { height: 28, width: 28, channels: ${channels} };
    const options = { name: "own", classes: ["a", "b"], format, train: some, test: some };
    export default () => datasetOf(options);`,
  );
  const args = [`--dataset=${file}`, `--train-dir=${run}`, "--max-steps=1", "--summary-steps=0"];
  const sizes = ["--batch-size=2", "--min-queue-examples=2"];
  const { code, err } = await tower(["train", ...args, ...sizes]);
  assertEquals(code, 0, err);
  return run;
}

Deno.test("predict shows a network of grey pictures the luminance of others", () =>
  inTemporary(async (dir) => {
    const run = await trainOn(1, dir);
    const [colour, grey] = ["colour.png", "grey.png"].map((name) => join(dir, name));
    await writePicture(colour, [28, 28]);
    const { bytes } = decodeImage(await Deno.readFile(colour));
    const luminance = Uint8Array.from({ length: 28 * 28 }, (_, i) => {
      const [red, green, blue] = bytes.subarray(3 * i);
      return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    });
    const picture = { height: 28, width: 28, channels: 1, bytes: luminance } as const;
    await Deno.writeFile(grey, await encodePng(picture));
    const args = ["predict", colour, grey, `--checkpoint-dir=${run}`, "--json"];
    const { code, out, err } = await tower(args);
    assertEquals([code, err], [0, ""]);
    const [first, second] = out.trim().split("\n").map((line) => JSON.parse(line).top);
    assertEquals(first, second);
  }));

Deno.test("predict on a network of other than pictures is misuse, said once", () =>
  inTemporary(async (dir) => {
    const run = await trainOn(4, dir);
    const { code, err } = await tower(["predict", "a.png", "b.png", `--checkpoint-dir=${run}`]);
    assertEquals(code, 2, err);
    assertStringIncludes(err, "1 or 3 channels, got one of 4; give it its numbers with Inference");
    assertEquals(err.trim().split("\n").length, 1);
  }));

Deno.test("safetensors hold the averages under their names, and a run can begin with them", () =>
  withRun(async ({ dir, run }) => {
    const file = join(dir, "p.safetensors");
    const written = await tower(["export", run, "--format=safetensors", `--output=${file}`]);
    assertEquals(written.code, 0, written.err);
    const { tensors, metadata } = await readSafetensors(file);
    const checkpoint = (await loadNewestCheckpoint(run))!;
    assertEquals(Object.keys(tensors).length, 10);
    for (const [name, tensor] of Object.entries(tensors)) {
      assertEquals(tensor, checkpoint.tensors[`${name}/ExponentialMovingAverage`]);
    }
    assertEquals([metadata.model, metadata.step], ["tutorial", "2"]);
    assertEquals(JSON.parse(metadata.classes).length, 10);

    const next = join(dir, "next");
    const args = ["train", ...small, "--max-steps=1", `--train-dir=${next}`];
    const begun = await tower([...args, `--init-from=${file}`, "--summary-steps=0"]);
    assertEquals(begun.code, 0, begun.err);
    // After one step, averages have moved a tenth at most away from what they began with.
    const { tensors: moved } = (await loadNewestCheckpoint(next))!;
    const before = tensors["local3/weights"].data as Float32Array;
    const after = moved["local3/weights"].data as Float32Array;
    const change = Math.max(...after.slice(0, 1000).map((w, i) => Math.abs(w - before[i])));
    assert(change > 0 && change < 1e-3, `${change}`);
    const other = await tower([
      ...args.slice(0, -1),
      `--train-dir=${join(dir, "other")}`,
      "--model=cuda-convnet",
      `--init-from=${file}`,
    ]);
    assertEquals(other.code, 1);
    assertStringIncludes(other.err, "it was made with another model");
  }));

const numpy = await new Deno.Command("python3", {
  args: ["-c", "import numpy"],
  stderr: "null",
}).output().then(({ success }) => success, () => false);

Deno.test({
  name: `npz files are what numpy reads${numpy ? "" : " (needs python3-numpy)"}`,
  ignore: !numpy,
  fn: () =>
    withRun(async ({ dir, run }) => {
      const file = join(dir, "p.npz");
      const { code, err } = await tower(["export", run, "--format=npz", `--output=${file}`]);
      assertEquals(code, 0, err);
      const script = `import numpy, sys
for name, x in numpy.load(sys.argv[1]).items(): print(name, x.dtype, x.shape, repr(float(x.astype("f8").sum())))`;
      const { stdout } = await new Deno.Command("python3", { args: ["-c", script, file] }).output();
      const { tensors } = (await loadNewestCheckpoint(run))!;
      const lines = new TextDecoder().decode(stdout).trim().split("\n");
      assertEquals(lines.length, 10);
      for (const line of lines) {
        const [, name, shape, sum] = line.match(/^(\S+) float32 \(([^)]*)\) (\S+)$/)!;
        const { shape: expected, data } = tensors[`${name}/ExponentialMovingAverage`];
        assertEquals(shape.split(",").filter(Boolean).map(Number), [...expected], name);
        const own = (data as Float32Array).reduce((a, b) => a + b, 0);
        assert(Math.abs(Number(sum) - own) < 1e-6 * data.length, name);
      }
    }),
});

Deno.test("a model of one's own is trained, resumed and evaluated from another directory", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const library = new URL("../../mod.ts", import.meta.url).href;
    const model = join(dir, "mine.ts");
    await Deno.writeTextFile(
      model,
      `import { dense, flatten, type MakeModel, maxPool2d, sequential } from "${library}";
const make: MakeModel = ({ classes, channels = 3 }) =>
  sequential([24, 24, channels], [maxPool2d({ window: 4 }), flatten(), dense({ units: classes })]);
export default make;
`,
    );
    const run = `--train-dir=${join(dir, "run")}`;
    const first = await tower(["train", ...small, `--model=${model}`, run]);
    assertEquals(first.code, 0, first.err);
    const resumed = await tower(["train", run, "--resume", "--max-steps=3"]);
    assertEquals(resumed.code, 0, resumed.err);
    const other = await tower(["train", run, "--resume", "--model=tutorial"]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "Cannot use --model=tutorial: the run has the model file:");
    const judged = await tower([
      "eval",
      `--checkpoint-dir=${join(dir, "run")}`,
      "--num-examples=20",
    ]);
    assertEquals(judged.code, 0, judged.err);
    const moved = join(dir, "moved.ts"), from = `--checkpoint-dir=${join(dir, "run")}`;
    await Deno.rename(model, moved);
    const lost = await tower(["eval", from, "--num-examples=20"]);
    assertEquals(lost.code, 2);
    assertMatch(lost.err, /Module not found "file:.*mine\.ts".*; --model names the file/);
    for (
      const command of [["eval", from], ["export", join(dir, "run")], [
        "train",
        "--resume",
        run,
        "--max-steps=4",
      ]]
    ) {
      const { code, err } = await tower([...command, `--model=${moved}`]);
      assertEquals(code, 0, err);
    }
    const again = await tower(["eval", from, "--num-examples=20"]);
    assertEquals(again.code, 0, again.err);
    await Deno.rename(moved, model);
    const table = await tower(["summary", `--model=${model}`, "--classes=7"]);
    assertMatch(table.out, /dense +dense +7 +763/);

    const cases: [string, string][] = [
      ["export default 3;", "got number"],
      [
        `import { dense, sequential } from "${library}";
export default () => sequential([5], [dense({ units: 2 })]);`,
        "needs a default export that makes one of pictures",
      ],
      [
        `import { dense, flatten, sequential } from "${library}";
export default () => sequential([24, 24, 3], [flatten(), dense({ units: 2 })]);`,
        "needs an output of N×10",
      ],
      ["export default (", "Cannot make a model of file:"],
      ['export default () => { throw new Error("boom"); };', ".ts: boom"],
    ];
    for (const [n, [code, message]] of cases.entries()) {
      const path = join(dir, `wrong${n}.ts`);
      await Deno.writeTextFile(path, code);
      const { code: exit, err } = await tower(["summary", `--model=${path}`]);
      assertEquals(exit, 2, err);
      assertStringIncludes(err, message);
    }
    const unknown = await tower(["train", "--model=vgg"]);
    assertEquals(unknown.code, 2);
    assertStringIncludes(
      unknown.err,
      "Cannot use --model=vgg: needs one of tutorial, cuda-convnet, resnet",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
