// The core in a browser, whose WebGPU and compiler are others than Deno's. `core.test.ts` runs this with all
// permissions, which the driver of the browser wants.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openPage } from "../support/browser.ts";
import { assertClose } from "../support/assert_close.ts";
import { networks } from "./networks.ts";
import { trainAndRun, type Trained } from "./page.ts";

const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["bundle", "--platform=browser", fromFileUrl(new URL("./page.ts", import.meta.url))],
}).output();
assert(success, new TextDecoder().decode(stderr));

await using server = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  ({ url }) =>
    url.endsWith(".js")
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
for (const name of Object.keys(networks) as (keyof typeof networks)[]) {
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
assertEquals(complaints, []);
