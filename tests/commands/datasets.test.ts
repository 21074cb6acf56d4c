// Data sets beside CIFAR-10 on the command line, from their files to an evaluation.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Rng } from "../../lib/rng.ts";
import { encodePng } from "../../lib/summary/png.ts";
import { matFiles } from "../data/mat_files.ts";
import { tower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

const small = ["--batch-size=4", "--min-queue-examples=20"];

/** Noisy pictures of three classes, 20×30 pixels. */
async function writePhotos(dir: string): Promise<void> {
  const rng = Rng.from(1), size = { height: 20, width: 30, channels: 3 } as const;
  for (const name of ["day", "dusk", "night"]) {
    await Deno.mkdir(join(dir, name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const bytes = Uint8Array.from({ length: 20 * 30 * 3 }, () => rng.below(256));
      await Deno.writeFile(join(dir, name, `${i}.png`), await encodePng({ ...size, bytes }));
    }
  }
}

Deno.test("a folder of pictures is trained on, resumed to the bit, and evaluated", () =>
  inTemporary(async (dir) => {
    const photos = join(dir, "photos"), [one, two] = [join(dir, "one"), join(dir, "two")];
    await writePhotos(photos);
    const data = ["--dataset=folder", `--data-dir=${photos}`];
    const start = ["train", ...data, ...small];
    const first = await tower([...start, `--train-dir=${one}`, "--max-steps=2"]);
    assertEquals(first.code, 0, first.err);
    const go = ["train", "--resume", `--data-dir=${photos}`, `--train-dir=${one}`, "--max-steps=4"];
    const resumed = await tower(go);
    assertEquals(resumed.code, 0, resumed.err);
    const straight = await tower([...start, `--train-dir=${two}`, "--max-steps=4"]);
    assertEquals(straight.code, 0, straight.err);
    const bytes = (run: string) => Deno.readFile(join(run, "model.ckpt-4.safetensors"));
    assertEquals(await bytes(one), await bytes(two));

    const evaluated = await tower(["eval", `--data-dir=${photos}`, `--checkpoint-dir=${one}`]);
    assertEquals(evaluated.code, 0, evaluated.err);
    assertMatch(evaluated.err, /pictures of folder test/);
    for (const name of ["day", "dusk", "night"]) assertStringIncludes(evaluated.out, name);

    const known = await tower(["eval", `--checkpoint-dir=${one}`]);
    assertEquals(known.code, 0, known.err); // it looks where train found them

    const moved = join(dir, "moved");
    await Deno.rename(photos, moved);
    for (const command of [["eval", `--checkpoint-dir=${one}`], [...go, "--max-steps=5"]]) {
      const { err } = await tower(command.filter((arg) => !arg.startsWith("--data-dir")));
      assertStringIncludes(err, `Cannot use ${photos}: needs a folder, got none; --data-dir names`);
    }
    await Deno.rename(moved, photos);

    const refused = async (args: string[], expected: string | RegExp) => {
      const { code, err } = await tower(args);
      assertEquals(code, 2, err);
      assertMatch(err, expected instanceof RegExp ? expected : new RegExp(expected));
    };
    const onward = [...go, "--max-steps=5"];
    await Deno.rename(join(photos, "day"), join(photos, "zenith"));
    const learned =
      /needs the classes that the run has learned \(day, dusk, night\), got dusk, night, zenith/;
    await refused(onward, learned);
    await refused(["eval", `--checkpoint-dir=${one}`], learned);
    await refused(["eval", `--checkpoint-dir=${one}`, "--dataset=shapes"], /got disc, /);
    await Deno.rename(join(photos, "zenith"), join(photos, "day"));
    await Deno.copyFile(join(photos, "day", "1.png"), join(photos, "day", "more.png"));
    await refused(
      onward,
      /needs the \d+ pictures of folder that it was started with, got \d+; bring/,
    );
    await Deno.remove(join(photos, "day", "more.png"));

    await Deno.writeTextFile(join(photos, "dusk", "3.png"), "not a picture");
    const broken = await tower([...start, `--train-dir=${join(dir, "three")}`]);
    assertEquals([broken.code, broken.out], [1, ""]);
    assertStringIncludes(broken.err, "got 1 of 60 that cannot");
    assertStringIncludes(broken.err, "3.png: needs a PNG or JPEG file");
  }));

Deno.test("digits are trained on without mirroring", () =>
  inTemporary(async (dir) => {
    for (const split of ["train", "test"]) {
      const bytes = Uint8Array.fromBase64(matFiles["compressed 10 1 9"]);
      await Deno.writeFile(join(dir, `${split}_32x32.mat`), bytes);
    }
    const run = join(dir, "run");
    const args = ["--dataset=svhn", `--data-dir=${dir}`, `--train-dir=${run}`, "--max-steps=1"];
    const { code, err } = await tower(["train", ...args, ...small]);
    assertEquals(code, 0, err);
    const { dataset, recipe } = JSON.parse(await Deno.readTextFile(join(run, "config.json")));
    assertEquals([dataset, recipe.distortion.flip], ["svhn", false]);
  }));

Deno.test("where a data set is looked for and what can be done is said when it is not there", () =>
  inTemporary(async (dir) => {
    const cases: [string, string][] = [
      ["folder", "needs a folder, got none"],
      ["svhn", "train_32x32.mat: "],
      ["cifar100", "cifar-100-binary.tar.gz: "],
    ];
    for (const [name, message] of cases) {
      const place = join(dir, name, "data"); // no permission for the network: as good as without it
      const options = [
        `--dataset=${name}`,
        `--data-dir=${place}`,
        `--train-dir=${join(dir, "run")}`,
      ];
      const { code, err } = await tower(["train", ...options]);
      assertEquals(code, 1, err);
      assertStringIncludes(err, message);
      if (name !== "folder") assertStringIncludes(err, "or put the file there by other means");
      assertEquals(err.endsWith("; --data-dir names the directory\n"), true, err);
    }
  }));
