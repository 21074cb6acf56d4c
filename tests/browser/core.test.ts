// Layers, models and inference in browsers: their types, and a few steps of training.

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { browserPath } from "../support/browser_path.ts";

const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));

async function deno(args: string[], cwd?: string): Promise<{ code: number; said: string }> {
  const env = { NO_COLOR: "1" };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, env })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, said: out + err };
}

Deno.test("the core has the types that browsers have, without those of Deno", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const compilerOptions = {
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
      types: ["npm:@webgpu/types@^0.1"],
    };
    await Deno.writeTextFile(join(dir, "deno.json"), JSON.stringify({ compilerOptions }));
    const entry = new URL("../../lib/entries/layers.ts", import.meta.url).href;
    const use =
      `import { arenaOf, decodeSafetensors, Device, Inference, predict, tutorialNetwork } from "${entry}";
const model = tutorialNetwork();
export async function ask(url: string, bytes: Uint8Array) {
  const file = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const parameters = arenaOf(decodeSafetensors(file).tensors, { table: model.parameters });
  using device = await Device.open();
  using inference = await Inference.create(device, { model, parameters });
  return await predict(inference, { height: 32, width: 32, channels: 3, bytes }, { classes: ["a"] });
}`;
    await Deno.writeTextFile(join(dir, "use.ts"), use);
    const { code, said } = await deno(["check", "use.ts"], dir);
    assertEquals(code, 0, said);
    // The check would find what is Deno's alone.
    await Deno.writeTextFile(join(dir, "use.ts"), `${use}\nexport const args = Deno.args;`);
    assertEquals((await deno(["check", "use.ts"], dir)).code, 1);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test({
  name: `the core trains in a browser as it does here, and runs parameters that a page fetches${
    browserPath ? "" : " (needs Chromium: apt-get install chromium)"
  }`,
  ignore: !browserPath,
  fn: async () => {
    const { code, said } = await deno(["run", "--allow-all", path("./core_in_browser.ts")]);
    assertEquals(code, 0, said);
    console.log(said.split("\n").filter((line) => /^This browser|on "/.test(line)).join("\n"));
  },
});
