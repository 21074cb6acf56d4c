import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { connect } from "node:net";
import type { LogUpdate } from "../../lib/dashboard/event_log.ts";
import { Dashboard, type DashboardMessage } from "../../lib/dashboard/server.ts";
import { ridgeOf } from "../../lib/dashboard/ridge.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { histogramOf } from "../../lib/summary/histogram.ts";
import { Rng } from "../../lib/rng.ts";
import { tower } from "../support/tower.ts";

/** Messages of a page that listens. */
async function* listen(url: string): AsyncGenerator<DashboardMessage> {
  const { body } = await fetch(`${url}events`);
  let rest = "";
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.startsWith("data: ")) yield JSON.parse(part.slice(6));
  }
}

async function withDashboard(
  work: (dashboard: Dashboard, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await using dashboard = new Dashboard({
      runs: [{ name: "run", directory }],
      port: 0,
      pollMilliseconds: 20,
    });
    await work(dashboard, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What a request that `fetch` would mend is answered with. */
function rawStatus(url: string, lines: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.write([...lines, "Connection: close", "", ""].join("\r\n"));
    });
    let answer = "";
    socket.on("data", (bytes) => answer += bytes);
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(answer.split(" ")[1])));
  });
}

Deno.test("a page is told all there is, then what comes, then all again after a step back", () =>
  withDashboard(async ({ url }, directory) => {
    const writer = await EventWriter.open(directory);
    const loss = (step: number, scalar: number) => ({
      wallTime: step + 0.5,
      step,
      values: [{ tag: "loss", scalar }],
    });
    writer.write(loss(0, 3));
    writer.write(loss(10, NaN));
    await using messages = listen(url);
    const nextUpdate = async () => {
      for (;;) {
        const { value } = await messages.next();
        if (value && "update" in value && value.update.scalars.loss) return value.update;
      }
    };
    assertEquals((await messages.next()).value, { runs: [{ name: "run" }] });
    const all = await nextUpdate();
    assertEquals(all.scalars.loss, { steps: [0, 10], values: [3, null], times: [0.5, 10.5] });
    writer.write(loss(20, 2));
    const more = await nextUpdate();
    assertEquals([more.reset, more.scalars.loss.steps], [false, [20]]);
    writer[Symbol.dispose]();
    using again = await EventWriter.open(directory, { startStep: 10 });
    again.write(loss(10, 1));
    let update;
    do update = await nextUpdate(); while (update.scalars.loss.steps.at(-1) !== 10);
    assertEquals(update.scalars.loss.values.at(-1), 1);
  }));

Deno.test("only this machine's names, GET, and the page's own files are served", () =>
  withDashboard(async ({ url }, directory) => {
    await Deno.writeTextFile(join(directory, "secret.txt"), "secret");
    const { port } = new URL(url);
    const get = (path: string, host = `127.0.0.1:${port}`) =>
      rawStatus(url, [`GET ${path} HTTP/1.1`, `Host: ${host}`]);
    assertEquals(await get("/"), 200);
    assertEquals(await get("/", `localhost:${port}`), 200);
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", "localhost:1", ""]) {
      assertEquals(await get("/", host), 403, host);
    }
    const strangers = [
      "/secret.txt",
      "/../secret.txt",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/..%2fsecret.txt",
      "//etc/passwd",
      "/main.js/../../secret.txt",
      "/image?run=0&log=../train&tag=x",
      "/image?run=-1&log=train&tag=x",
      "/image?run=0.5&log=train&tag=x",
      "/image?run=length&log=train&tag=__proto__",
      "/histograms?run=7&tag=x",
    ];
    for (const path of strangers) assertEquals(await get(path), 404, path);
    assertEquals(await rawStatus(url, ["POST / HTTP/1.1", `Host: 127.0.0.1:${port}`]), 405);
    const page = await fetch(url);
    assertStringIncludes(page.headers.get("content-security-policy")!, "default-src 'none'");
    const text = await page.text();
    assert(!/https?:\/\//.test(text), "the page names another machine");
  }));

Deno.test("a page that takes nothing is let go, and told all when it comes back", () =>
  withDashboard(async ({ url }, directory) => {
    using writer = await EventWriter.open(directory);
    using stalled = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    const { host } = new URL(url);
    await stalled.write(
      new TextEncoder().encode(`GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
    );
    const text = "x".repeat(1e6), updates = 30;
    const untilStep = async (messages: AsyncGenerator<DashboardMessage>, step: number) => {
      for (;;) {
        const { value } = await messages.next();
        if (value && "update" in value && value.update.texts.text?.step === step) return;
      }
    };
    await using awake = listen(url);
    for (let step = 0; step < updates; step++) {
      writer.write({ wallTime: step, step, values: [{ tag: "text", text }] });
      await untilStep(awake, step);
    }
    let taken = 0;
    const buffer = new Uint8Array(2 ** 20);
    try {
      for (let n; taken < updates * text.length && (n = await stalled.read(buffer)) !== null;) {
        taken += n;
      }
    } catch {
      // The connection is cut in the middle of its answer.
    }
    assert(taken < updates * text.length, `${taken} bytes`);
    await using again = listen(url);
    await untilStep(again, updates - 1);
  }));

Deno.test("tags may be called what objects have already", () =>
  withDashboard(async ({ url }, directory) => {
    using writer = await EventWriter.open(directory);
    await using messages = listen(url);
    const tags = ["constructor", "__proto__", "toString", "loss"];
    const seen = new Map<string, unknown>();
    for (const step of [1, 2]) {
      const values = tags.flatMap((tag) => [{ tag, scalar: step }, { tag, text: tag }]);
      writer.write({ wallTime: step, step, values });
      while (seen.size < tags.length) {
        const { value } = await messages.next();
        if (!value || !("update" in value)) continue;
        const { scalars }: LogUpdate = value.update;
        for (const [tag, { values }] of Object.entries(scalars)) seen.set(tag, values);
      }
      assertEquals([...seen], tags.map((tag) => [tag, [step]]));
      seen.clear();
    }
  }));

Deno.test("a ridge keeps shares and places, whatever the buckets", () => {
  const rng = Rng.from(9);
  const values = Array.from({ length: 4000 }, () => rng.truncatedNormal() * 3 + 1);
  const ridge = ridgeOf([
    { step: 3, time: 0, value: histogramOf(values) },
    { step: 5, time: 0, value: histogramOf([2, 2, 2]) },
  ]);
  assertEquals(ridge.steps, [3, 5]);
  assertEquals([ridge.min, ridge.max], [Math.min(...values), Math.max(...values)]);
  const width = (ridge.max - ridge.min) / ridge.rows[0].length;
  for (const row of ridge.rows) assert(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-9);
  const counted = new Array<number>(ridge.rows[0].length).fill(0);
  for (const x of values) counted[Math.min(59, Math.floor((x - ridge.min) / width))] += 1 / 4000;
  // Buckets are 10% wide, so what is in one may be a bin or two away, but no further.
  let sum = 0, sumOfCounted = 0;
  ridge.rows[0].forEach((share, bin) => {
    sum += share;
    sumOfCounted += counted[bin];
    assert(Math.abs(sum - sumOfCounted) < 0.06, `${sum} ${sumOfCounted}`);
  });
  const spike = ridge.rows[1].findIndex((share) => share > 0.99);
  assertEquals(spike, Math.floor((2 - ridge.min) / width));
  assertEquals(ridgeOf([]).rows, []);
});

Deno.test("misuse of the dashboard is named", async () => {
  const permissions = ["--allow-read", "--allow-net=127.0.0.1"];
  const missing = await tower(["dashboard", "/nowhere/at/all"], { permissions });
  assertEquals([missing.code, missing.out], [2, ""]);
  assertStringIncludes(missing.err, "Cannot show /nowhere/at/all: needs the directory of a run");
  await using taken = new Dashboard({ runs: [], port: 0 });
  const { port } = new URL(taken.url);
  const busy = await tower(["dashboard", ".", `--port=${port}`], { permissions });
  assertEquals(busy.code, 1);
  assertStringIncludes(busy.err, `port ${port}`);
});
