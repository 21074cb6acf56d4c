import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { connect } from "node:net";
import type { LogUpdate } from "../../lib/dashboard/event_log.ts";
import { Listeners } from "../../lib/dashboard/listeners.ts";
import type { DashboardMessage, FoundRuns } from "../../lib/dashboard/message.ts";
import { Dashboard, isOurHost } from "../../lib/dashboard/server.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
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

/** A run that is there from the start. */
const only = (directory: string): FoundRuns => ({
  runs: [{ name: "run", directory }],
  waiting: [],
  problems: [],
});

function openDashboard(directory: string): Dashboard {
  return new Dashboard({
    find: () => Promise.resolve(only(directory)),
    port: 0,
    again: () => "see it again",
    pollMilliseconds: 20,
  });
}

async function withDashboard(
  work: (dashboard: Dashboard, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await using dashboard = openDashboard(directory);
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
    const { value: first } = await messages.next();
    assert(first && "dashboard" in first && first.dashboard.length > 10);
    assertEquals((await messages.next()).value, only(directory));
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

Deno.test("only this machine's names, GET and HEAD, and the page's own files are served", () =>
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
      "/image?run=0&log=train&tag=x&step=1&time=2",
      "/text?run=0&log=train&tag=__proto__",
      "/histograms?run=7&log=train&tag=x",
    ];
    for (const path of strangers) assertEquals(await get(path), 404, path);
    assertEquals(await get("/", `LOCALHOST:${port}`), 200);
    const post = ["POST", "PUT", "DELETE", "OPTIONS"];
    for (const method of post) {
      const lines = [`${method} / HTTP/1.1`, `Host: 127.0.0.1:${port}`];
      assertEquals(await rawStatus(url, lines), 405, method);
    }
    for (const path of ["/", "/main.js", "/events"]) {
      const head = await fetch(new URL(path, url), { method: "HEAD" });
      assertEquals([head.status, await head.text()], [200, ""], path);
    }
    const page = await fetch(url);
    assertStringIncludes(page.headers.get("content-security-policy")!, "default-src 'none'");
    const text = await page.text();
    assert(!/https?:\/\//.test(text), "the page names another machine");
  }));

Deno.test("browsers leave out port 80, and write names as they like", () => {
  for (const host of ["localhost", "127.0.0.1", "LocalHost:80"]) assert(isOurHost(host, 80), host);
  for (const host of ["localhost:8080", "evil.example", "", null]) assert(!isOurHost(host, 80));
  assert(!isOurHost("localhost", 6060));
});

Deno.test("a dashboard that ends says what came last, and how to see it again", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const dashboard = openDashboard(directory);
    using writer = await EventWriter.open(directory);
    await using messages = listen(dashboard.url);
    while (!("ready" in (await messages.next()).value!));
    writer.write({ wallTime: 1, step: 7, values: [{ tag: "status", text: "finished" }] });
    const ended = dashboard[Symbol.asyncDispose]();
    const rest = await Array.fromAsync(messages);
    await ended;
    const texts = rest.flatMap((message) => "update" in message ? [message.update.texts] : []);
    assertEquals(texts.at(-1)?.status, { step: 7, time: 1, value: "finished" });
    assertEquals(rest.at(-1), { bye: { again: "see it again" } });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a page that reads nothing does not hold up the end for longer than about a second", async () => {
  const directory = await Deno.makeTempDir();
  try {
    using writer = await EventWriter.open(directory);
    for (let step = 0; step < 8; step++) {
      const text = "x".repeat(1e6);
      writer.write({ wallTime: step, step, values: [{ tag: `text ${step}`, text }] });
    }
    const dashboard = openDashboard(directory);
    const { hostname, port, host } = new URL(dashboard.url);
    {
      await using messages = listen(dashboard.url);
      for await (const message of messages) {
        if ("update" in message && "text 7" in message.update.texts) break;
      }
    }
    using stalled = await Deno.connect({ hostname, port: Number(port) });
    const request = `GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    await stalled.write(new TextEncoder().encode(request));
    await new Promise((go) => setTimeout(go, 200));
    const before = performance.now();
    await dashboard[Symbol.asyncDispose]();
    const took = performance.now() - before;
    assert(took < 3000, `${took} ms`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("so many pages may be open and no more", () =>
  withDashboard(async ({ url }) => {
    const open = await Promise.all(
      Array.from({ length: Listeners.most }, () => fetch(`${url}events`)),
    );
    assertEquals(new Set(open.map(({ status }) => status)), new Set([200]));
    const refused = await fetch(`${url}events`);
    assertEquals(refused.status, 503);
    assertStringIncludes(await refused.text(), `${Listeners.most} are open`);
    for (const { body } of open) await body!.cancel();
    let status;
    do {
      const again = await fetch(`${url}events`);
      await again.body!.cancel();
      status = again.status;
    } while (status === 503);
    assertEquals(status, 200);
  }));

Deno.test("images and texts are those of the moment that is asked for", () =>
  withDashboard(async ({ url }, directory) => {
    using writer = await EventWriter.open(directory);
    const image = (byte: number) => {
      const png = Uint8Array.of(byte);
      return { tag: "image", image: { height: 1, width: 1, channels: 1, png } };
    };
    for (let step = 0; step < 5; step++) {
      const wallTime = step + 0.25, text = `text ${step}`;
      writer.write({ wallTime, step, values: [image(step), { tag: "text", text }] });
    }
    await using messages = listen(url);
    for await (const message of messages) {
      if (!("update" in message) || !message.update.images.image) continue;
      const moments = [0, 1, 2, 3, 4].map((step) => ({ step, time: step + 0.25 }));
      assertEquals(message.update.images.image, moments);
      break;
    }
    const get = async (what: string, query = "") => {
      const answer = await fetch(`${url}${what}?run=0&log=train&tag=${what}${query}`);
      return new Uint8Array(await answer.arrayBuffer());
    };
    assertEquals(await get("image", "&step=2&time=2.25"), Uint8Array.of(2));
    assertEquals(await get("image"), Uint8Array.of(4));
    assertEquals(new TextDecoder().decode(await get("text", "&step=3&time=3.25")), "text 3");
    // What was forgotten meanwhile is not an error.
    assertEquals(await get("image", "&step=9&time=9"), Uint8Array.of(4));
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

Deno.test("misuse of the dashboard is named", async () => {
  const permissions = ["--allow-read", "--allow-net=127.0.0.1"];
  const missing = await tower(["dashboard", "/nowhere/at/all"], { permissions });
  assertEquals([missing.code, missing.out], [2, ""]);
  assertStringIncludes(missing.err, "Cannot show /nowhere/at/all: needs the directory of a run");
  await using taken = openDashboard("/nowhere/at/all");
  const { port } = new URL(taken.url);
  const busy = await tower(["dashboard", ".", `--port=${port}`], { permissions });
  assertEquals(busy.code, 1);
  assertStringIncludes(busy.err, `port ${port}`);
});
