// Data of one's own: a module's, and pictures in another size.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Rng } from "../../lib/rng.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { tower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

const library = new URL("../../mod.ts", import.meta.url).href;
const small = ["--batch-size=4", "--min-queue-examples=20"];

/** A module that reads how bright its greys are from its directory. */
const greys = `import { datasetOf, type MakeDataset } from "${library}";
const make: MakeDataset = async ({ dir }) => {
  const bright = Number(await Deno.readTextFile(dir + "/bright.txt"));
  function* greys(count: number) {
    for (let i = 0; i < count; i++) {
      yield { image: new Uint8Array(28 * 30).fill(bright * (i % 3) + i % 7), label: i % 3 };
    }
  }
  return await datasetOf({
    name: "greys",
    classes: ["dark", "middle", "light"],
    format: { height: 28, width: 30, channels: 1 },
    train: () => greys(60),
    test: () => greys(9),
    fingerprint: String(bright),
  });
};
export default make;
`;

Deno.test("a module's data are trained on, resumed to the bit, evaluated, and shown", () =>
  inTemporary(async (dir) => {
    const file = join(dir, "greys.ts"), data = join(dir, "data"), other = join(dir, "other");
    await Deno.writeTextFile(file, greys);
    for (const [place, bright] of [[data, "80"], [other, "90"]]) {
      await Deno.mkdir(place);
      await Deno.writeTextFile(join(place, "bright.txt"), bright);
    }
    const [one, two] = [join(dir, "one"), join(dir, "two")];
    const start = ["train", `--dataset=${file}`, `--data-dir=${data}`, ...small];
    const first = await tower([...start, `--train-dir=${one}`, "--max-steps=2"]);
    assertEquals(first.code, 0, first.err);
    assertStringIncludes(first.err, "Training tutorial on greys with");
    const { dataset, picture } = JSON.parse(await Deno.readTextFile(join(one, "config.json")));
    assertMatch(dataset, /^file:\/\/\/.*\/greys\.ts$/);
    assertEquals(picture, { height: 28, width: 30, channels: 1 });

    const moved = join(dir, "moved.ts");
    await Deno.rename(file, moved);
    const go = ["train", "--resume", `--train-dir=${one}`];
    const lost = await tower([...go, "--max-steps=4"]);
    assertEquals(lost.code, 2, lost.err);
    assertMatch(lost.err, /Module not found "file:.*greys\.ts".*; --dataset names the file\n$/);
    await Deno.rename(moved, file);
    const others = await tower([...go, "--max-steps=4", `--data-dir=${other}`]);
    assertEquals(others.code, 2, others.err);
    assertStringIncludes(others.err, "needs the 60 pictures of greys that it was started with");
    const foreign = await tower([...go, "--max-steps=4", "--dataset=shapes"]);
    assertEquals(foreign.code, 2, foreign.err);
    assertStringIncludes(foreign.err, "with --dataset=shapes: the run was started with file:");
    const resumed = await tower([...go, "--max-steps=4"]); // it knows where its data lie
    assertEquals(resumed.code, 0, resumed.err);
    const straight = await tower([...start, `--train-dir=${two}`, "--max-steps=4"]);
    assertEquals(straight.code, 0, straight.err);
    const bytes = (run: string) => Deno.readFile(join(run, "model.ckpt-4.safetensors"));
    assertEquals(await bytes(one), await bytes(two));

    await Deno.rename(file, moved);
    for (const command of [["eval", `--checkpoint-dir=${one}`], [...go, "--max-steps=5"]]) {
      const { code, err } = await tower([...command, `--dataset=${moved}`]);
      assertEquals(code, 0, err);
    }
    const evaluated = await tower(["eval", `--checkpoint-dir=${two}`, `--dataset=${moved}`]);
    assertEquals(evaluated.code, 0, evaluated.err);
    assertStringIncludes(evaluated.err, "on 9 pictures of greys test");
    const sheet = join(dir, "sheet.png");
    const shown = await tower([
      ...["data", "show", `--dataset=${moved}`, `--data-dir=${data}`],
      ...["--count=1", "--split=test", `--output=${sheet}`],
    ]);
    assertEquals(shown.code, 0, shown.err);
    assertStringIncludes(shown.out, `Wrote ${sheet}: 1 picture of greys test`);
  }));

Deno.test("a module that makes no data set is refused in one sentence", () =>
  inTemporary(async (dir) => {
    const cases: [string, string][] = [
      ["export default 3;", "({ dir }) => datasetOf({ … }) does, got number"],
      ["export default null;", "got null"],
      ['export default { name: "x" };', "got one without names of classes"],
      [
        'export default { name: "x", classes: ["a"] };',
        "got one without a format of whole numbers",
      ],
      [
        `import { shapes } from "${library}"; export default { ...shapes(), parts: { train: [] } };`,
        "got one without the parts train and test",
      ],
      ['export default () => { throw new Error("boom"); };', "data.ts: boom"],
      [
        'import "@tower/missing";',
        'it imports "@tower/missing", which is no dependency of the folder',
      ],
    ];
    for (const [code, message] of cases) {
      const file = join(dir, `${cases.findIndex(([other]) => other === code)}data.ts`);
      await Deno.writeTextFile(file, code);
      const run = join(dir, "run");
      const { code: exit, err } = await tower(["train", `--dataset=${file}`, `--train-dir=${run}`]);
      assertEquals([exit, err.trim().split("\n").length], [2, 1], err);
      assertStringIncludes(err, `Cannot make a data set of file:`);
      assertStringIncludes(err, message);
    }
    const itself = join(dir, "shapes.ts");
    await Deno.writeTextFile(
      itself,
      `import { shapes } from "${library}"; export default shapes();`,
    );
    const args = ["data", "show", `--dataset=${itself}`, `--output=${join(dir, "x.png")}`];
    const shown = await tower([...args, "--split=test", "--count=2"]);
    assertEquals(shown.code, 0, shown.err);
  }));

Deno.test("a folder's pictures in another size are kept to by all that the run is used for", () =>
  inTemporary(async (dir) => {
    const photos = join(dir, "photos"), run = join(dir, "run"), rng = Rng.from(1);
    for (const name of ["day", "night"]) {
      await Deno.mkdir(join(photos, name), { recursive: true });
      for (let i = 0; i < 20; i++) {
        const bytes = Uint8Array.from({ length: 20 * 30 * 3 }, () => rng.below(256));
        const picture = await encodePng({ height: 20, width: 30, channels: 3, bytes });
        await Deno.writeFile(join(photos, name, `${i}.png`), picture);
      }
    }
    const data = ["--dataset=folder", `--data-dir=${photos}`];
    const start = [...data, ...small, "--image-size=16", `--train-dir=${run}`];
    const first = await tower(["train", ...start, "--max-steps=1"]);
    assertEquals(first.code, 0, first.err);
    const { imageSize, picture, layers } = JSON.parse(
      await Deno.readTextFile(join(run, "config.json")),
    );
    assertEquals([imageSize, picture.height, layers[0]], [16, 16, "input 12×12×3"]);
    const other = await tower(["train", "--resume", `--train-dir=${run}`, "--image-size=32"]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.err, "with --image-size=32: the run was started with 16");
    const onnx = join(dir, "network.onnx");
    for (
      const command of [
        ["train", "--resume", `--train-dir=${run}`, "--max-steps=2", "--image-size=16"],
        ["eval", `--checkpoint-dir=${run}`],
        ["eval", `--checkpoint-dir=${run}`, ...data],
        ["predict", join(photos, "day", "1.png"), `--checkpoint-dir=${run}`],
        ["export", run, `--output=${onnx}`],
        ["data", "show", ...data, "--image-size=16", `--output=${join(dir, "x.png")}`],
      ]
    ) {
      const { code, err } = await tower(command);
      assertEquals(code, 0, `${command}: ${err}`);
    }
    const sizes = await tower(["eval", `--checkpoint-dir=${run}`, "--dataset=shapes"]);
    assertEquals(sizes.code, 2);
    assertStringIncludes(
      sizes.err,
      "needs pictures of 16×16×3, as the run has learned from, got 32",
    );
    const fresh = ["train", "--dataset=shapes", `--train-dir=${join(dir, "new")}`];
    const fixed = await tower([...fresh, "--image-size=16"]);
    assertEquals(fixed.code, 2);
    assertStringIncludes(
      fixed.err,
      "Cannot use --image-size=16 with --dataset=shapes: needs folder",
    );
  }));
