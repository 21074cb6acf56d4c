// The core in a browser, whose WebGPU and compiler are others than Deno's. `core.test.ts` runs this with all
// permissions, which the driver of the browser wants.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encodeSafetensors, Rng, tensorsOf } from "../../lib/entries/layers.ts";
import { openPage } from "../support/browser.ts";
import { assertClose } from "../support/assert_close.ts";
import { networks } from "./networks.ts";
import { fetchAndPredict, trainAndRun, type Trained } from "./page.ts";

type Network = keyof typeof networks;

const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["bundle", "--platform=browser", fromFileUrl(new URL("./page.ts", import.meta.url))],
}).output();
assert(success, new TextDecoder().decode(stderr));

await using server = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  ({ url }) =>
    url.endsWith(".safetensors")
      ? new Response(new Blob(learned(new URL(url).pathname.split(/[/.]/)[1] as Network)))
      : url.endsWith(".js")
      ? new Response(stdout, { headers: { "content-type": "text/javascript" } })
      : new Response(
        '<!doctype html><title>core</title><script type="module" src="/page.js"></script>',
        {
          headers: { "content-type": "text/html" },
        },
      ),
);
await using open = await openPage({ args: ["--enable-unsafe-webgpu"] });
const { page, complaints } = open;
await page.goto(`http://127.0.0.1:${server.addr.port}/`);
await page.waitForFunction("globalThis.trainAndRun !== undefined");
const adapter = await page.evaluate(
  "navigator.gpu?.requestAdapter().then((a) => a?.info.architecture)",
);
if (!adapter) {
  console.log("This browser offers no adapter: nothing was trained in it");
  Deno.exit(0);
}
for (const name of Object.keys(networks) as Network[]) {
  const there = await page.evaluate<Trained>(`trainAndRun(${JSON.stringify(name)})`);
  const here = await trainAndRun(name);
  console.log(`${name} on "${there.adapter}" (${adapter}) and on "${here.adapter}":`, there.losses);
  assertClose(Float32Array.from(there.losses), Float32Array.from(here.losses), {
    name: "losses",
    terms: 10_000,
  });
  assertClose(Float32Array.from(there.outputs), Float32Array.from(here.outputs), {
    name: "outputs",
    terms: 10_000,
  });
}
for (const name of Object.keys(networks) as Network[]) {
  const url = `http://127.0.0.1:${server.addr.port}/${name}.safetensors`;
  const there = await page.evaluate<Awaited<ReturnType<typeof fetchAndPredict>>>(
    `fetchAndPredict(${JSON.stringify(name)}, ${JSON.stringify(url)})`,
  );
  const here = await fetchAndPredict(name, url);
  console.log(`${name} with parameters that were fetched on "${adapter}":`, there.logits);
  const options = { name: "logits of fetched parameters", terms: 10_000 };
  assertClose(Float32Array.from(there.logits), Float32Array.from(here.logits), options);
  const [classes, other] = [there, here].map(({ probabilities }) =>
    Float32Array.from([..."0123456789"], (name) => probabilities[name])
  );
  assertClose(classes, other, { name: "probabilities", terms: 10_000 });
}
assertEquals(complaints, []);

/** Parameters that no drawing gives, as the file that a page fetches. */
function learned(name: Network): Uint8Array<ArrayBuffer>[] {
  const { parameters: table } = networks[name], rng = Rng.from(3);
  const parameters = table.initialize(rng).map((value) => value + 0.01 * rng.float());
  return encodeSafetensors({ tensors: tensorsOf(parameters, { table }) });
}
