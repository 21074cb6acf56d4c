// The package as strangers get it: from a registry, in a project of their own.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { packStandIns, packTower, serveRegistry } from "./registry.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs Deno in a directory, with a registry for JSR's. */
async function deno(args: string[], { cwd, url }: { cwd: string; url: string }): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { JSR_URL: url, NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

async function withRegistry(
  work: (places: { cwd: string; url: string }) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir();
  try {
    await using registry = await serveRegistry([await packTower(), ...await packStandIns()]);
    await work({ cwd, url: registry.url });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("the package is small, and free of tests, stand-ins, data and pictures", async () => {
  const { files } = await packTower();
  const packed = new Blob([...files.values()]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(packed).arrayBuffer();
  assert(byteLength < 400_000, `${byteLength} bytes`);
  const paths = [...files.keys()];
  const top = new Set(paths.map((path) => path.split("/")[1]));
  assertEquals([...top].sort(), [
    "LICENSE",
    "README.md",
    "cli.ts",
    "deno.json",
    "kernels",
    "lib",
    "mod.ts",
  ]);
  const foreign = paths.filter((path) => !/\.(ts|js|css|html|svg|md|json)$|\/LICENSE$/.test(path));
  assertEquals([foreign, paths.filter((path) => path.includes("test"))], [[], []]);
});

Deno.test("deno publish has nothing to complain of", () =>
  withRegistry(async (places) => {
    const args = ["run", "-A", join(root, "offline", "publish.ts"), "--dry-run"];
    const { code, err } = await deno(args, places);
    assertEquals(code, 0, err);
    assertStringIncludes(err, "Success");
    assertEquals(err.match(/warning\[.*/g), null, err);
  }));

const project = `
import { Device, evaluate, shapes, train, tutorialRecipe, type Snapshot } from "@tower/nn";
import { conv2d, dense, flatten, maxPool2d, sequential } from "@tower/nn/layers";
import { encodeOnnx, encodeSafetensors } from "@tower/nn/export";
import { TowerProcess } from "@tower/nn/train";
import { grid } from "@tower/nn/kernels";
import { checkLayerGradients } from "@tower/nn/testing";

const dataset = shapes({ train: 200, test: 50 });
const model = sequential([24, 24, 3], [
  conv2d({ filters: 4, kernel: 5, stride: 2, activation: "relu" }),
  maxPool2d({ window: 2 }),
  flatten(),
  dense({ name: "logits", units: dataset.classes.length }),
]);
const recipe = { ...tutorialRecipe, batchSize: 8, minQueueExamples: 50 };
let parameters: Float32Array = new Float32Array();
const save = ({ tower }: Snapshot) => (parameters = tower.averages, Promise.resolve("memory"));
const options = { model, dataset, recipe, maxSteps: 4, save, logFrequency: 1 };
using worker = await TowerProcess.start({ label: "worker", adapter: "high-performance", env: {} });
using other = await TowerProcess.start({ label: "other", adapter: "high-performance", env: {} });
for await (const event of train([worker, other], options)) {
  if (event.type === "step") console.log("step", event.step, event.losses.raw.total_loss > 0);
}
using device = await Device.open();
const { examples } = await evaluate(device, { model, dataset, parameters });
console.log("evaluated", examples);
console.log("onnx", encodeOnnx({ model, parameters }).length > 1000);
const data = model.parameters.view(parameters, "logits/biases");
const tensors = { biases: { dtype: "F32", shape: [10], data } } as const;
console.log("safetensors", encodeSafetensors({ tensors, metadata: {} }).length > 0);
await checkLayerGradients(device, dense({ units: 2 }), { shape: [3, 4], step: 1 });
console.log("gradients hold", grid(128, 64)[0]);
`;

Deno.test("a project of a stranger trains with workers, evaluates and exports", () =>
  withRegistry(async (places) => {
    const imports = { "@tower/nn": "jsr:@tower/nn@^0.1" };
    await Deno.writeTextFile(join(places.cwd, "deno.json"), JSON.stringify({ imports }));
    await Deno.writeTextFile(join(places.cwd, "main.ts"), project);
    const { code, out, err } = await deno(["run", "--check", "-A", "main.ts"], places);
    assertEquals(code, 0, err);
    assertEquals(out.trim().split("\n"), [
      ...[0, 1, 2, 3].map((step) => `step ${step} true`),
      "evaluated 50",
      "onnx true",
      "safetensors true",
      "gradients hold 2",
    ]);
  }));

Deno.test("the command line runs from the registry too, its page with it", () =>
  withRegistry(async (places) => {
    const cli = ["run", "-A", "jsr:@tower/nn@^0.1/cli"];
    const run = join(places.cwd, "run");
    const small = [
      "--dataset=shapes",
      "--batch-size=8",
      "--min-queue-examples=50",
      "--max-steps=2",
    ];
    const trained = await deno(
      [...cli, "train", ...small, `--train-dir=${run}`, "--dashboard=0"],
      places,
    );
    assertEquals(trained.code, 0, trained.err);
    assertMatch(trained.out, /step 0, loss = /);
    assertMatch(trained.err, /The run is shown at http:\/\/127\.0\.0\.1:\d+\//);
    const table = await deno([...cli, "summary"], places);
    assertStringIncludes(table.out, "1,068,298");
    const help = await deno([...cli, "help", "train"], places);
    assertStringIncludes(
      help.out,
      "\nUsage: deno run -A jsr:@tower/nn/cli train [--flag=value ...]\n",
    );
  }));

Deno.test("model and data of one's own beside the command line from the registry need the package added", () =>
  withRegistry(async (places) => {
    const readme = await Deno.readTextFile(join(root, "README.md"));
    for (const [type, file] of [["MakeModel", "my_model.ts"], ["MakeDataset", "my_data.ts"]]) {
      const [, code] = readme.match(new RegExp("```ts\\n([^`]*" + type + "[^`]*)```"))!;
      await Deno.writeTextFile(join(places.cwd, file), code);
    }
    const cli = ["run", "-A", "jsr:@tower/nn@^0.1/cli"];
    const summary = [...cli, "summary", "--model=./my_model.ts"];
    const without = await deno(summary, places);
    assertEquals(without.code, 2);
    const advice =
      /my_model\.ts: it imports "@tower\/nn", which is no dependency of the folder that this runs in, whose deno\.json counts; run `deno add jsr:@tower\/nn` here\n$/;
    assertMatch(without.err, advice);
    // The deno.json beside a file in another folder is not looked at.
    const other = join(places.cwd, "other"), imports = { "@tower/nn": "jsr:@tower/nn@^0.1" };
    await Deno.mkdir(other);
    await Deno.writeTextFile(join(other, "deno.json"), JSON.stringify({ imports }));
    await Deno.copyFile(join(places.cwd, "my_model.ts"), join(other, "my_model.ts"));
    const elsewhere = [...cli, "summary", "--model=./other/my_model.ts"];
    const beside = await deno(elsewhere, places);
    assertEquals(beside.code, 2);
    assertMatch(beside.err, advice);
    const added = await deno(["add", "jsr:@tower/nn@^0.1"], places);
    assertEquals(added.code, 0, added.err);
    for (const command of [summary, elsewhere]) {
      const table = await deno(command, places);
      assertEquals(table.code, 0, table.err);
      assertStringIncludes(table.out, "9,914");
    }
    const own = ["--model=./my_model.ts", "--dataset=./my_data.ts", "--train-dir=run"];
    const small = ["--batch-size=4", "--min-queue-examples=20", "--max-steps=1"];
    const trained = await deno([...cli, "train", ...own, ...small], places);
    assertEquals(trained.code, 0, trained.err);
    const judged = await deno([...cli, "eval", "--checkpoint-dir=run"], places);
    assertEquals(judged.code, 0, judged.err);
    assertStringIncludes(judged.err, "on 100 pictures of greys test");
  }));
