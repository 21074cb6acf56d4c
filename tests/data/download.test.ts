import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DataError } from "../../lib/data/dataset.ts";
import { ifThere } from "../../lib/files.ts";
import { download } from "../../lib/data/download.ts";
import type { DownloadOptions, DownloadProgress, RemoteFile } from "../../lib/data/receive.ts";
import { Rng } from "../../lib/rng.ts";
import { ArchiveServer, type Behaviour } from "./archive.ts";

const rng = Rng.from(1);
const body = Uint8Array.from({ length: 300_000 }, () => rng.uint32());

/** A server of `body` and an empty directory, for one test. */
async function withServer(
  behaviour: Behaviour,
  use: (server: ArchiveServer, path: string) => Promise<void>,
): Promise<void> {
  await using server = new ArchiveServer(body);
  server.behaviour = behaviour;
  const directory = await Deno.makeTempDir();
  try {
    await use(server, `${directory}/file.bin`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function failure(remote: RemoteFile, options: DownloadOptions): Promise<string> {
  const { message } = await assertRejects(() => download(remote, options), DataError);
  assertStringIncludes(message, `Cannot download ${remote.url} to ${options.path}: `);
  assertStringIncludes(message, "; run it again");
  await assertRejects(() => Deno.stat(options.path), Deno.errors.NotFound);
  return message;
}

/** Only the file itself is there. */
async function assertWhole(path: string, expected: Uint8Array = body): Promise<void> {
  assertEquals(await Deno.readFile(path), expected);
  const directory = path.slice(0, path.lastIndexOf("/"));
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["file.bin"]);
}

Deno.test("a download is whole, and says how far it is", async () => {
  await withServer({ etag: '"1"' }, async (server, path) => {
    const seen: DownloadProgress[] = [];
    await download(server.remote, { path, onProgress: (progress) => seen.push(progress) });
    await assertWhole(path);
    assertEquals(seen.at(-1), { received: body.length, total: body.length });
    assert(
      seen.length > 3 && seen.every(({ received }, i) => !i || received > seen[i - 1].received),
    );
  });
});

Deno.test("a broken connection says how much came, and the next call goes on from there", async () => {
  await withServer({ ranges: true, cutAfter: 100_000, etag: '"1"' }, async (server, path) => {
    const message = await failure(server.remote, { path });
    assertStringIncludes(message, "error reading a body from connection");
    assertStringIncludes(message, "run it again to go on after 100000 bytes");
    server.behaviour.cutAfter = 50_000;
    assertStringIncludes(await failure(server.remote, { path }), "after 150000 bytes");
    server.behaviour.cutAfter = undefined;
    await download(server.remote, { path });
    await assertWhole(path);
    const asked = server.requests.map((headers) => [headers.get("range"), headers.get("if-range")]);
    assertEquals(asked, [[null, null], ["bytes=100000-", '"1"'], ["bytes=150000-", '"1"']]);
  });
});

Deno.test("a server without ranges sends the whole again", async () => {
  await withServer({ ranges: false, cutAfter: 100_000 }, async (server, path) => {
    await failure(server.remote, { path });
    server.behaviour.cutAfter = undefined;
    await download(server.remote, { path });
    await assertWhole(path);
  });
});

Deno.test("a file that has changed on the server is taken anew", async () => {
  await withServer({ ranges: true, cutAfter: 100_000, etag: '"1"' }, async (server, path) => {
    await failure(server.remote, { path });
    server.body = body.map((byte) => byte ^ 255);
    server.behaviour = { ranges: true, etag: '"2"' };
    await download(server.remote, { path });
    await assertWhole(path, server.body);
  });
});

Deno.test("without an ETag, the checksum finds that the file has changed", async () => {
  await withServer({ ranges: true, cutAfter: 100_000 }, async (server, path) => {
    await failure(server.remote, { path });
    server.body = body.map((byte) => byte ^ 255);
    server.behaviour = { ranges: true };
    assertStringIncludes(await failure(server.remote, { path }), "what came was removed");
    await download(server.remote, { path });
    await assertWhole(path, server.body);
  });
});

Deno.test("a weak ETag is not asked to go on with", async () => {
  await withServer({ ranges: true, cutAfter: 9, etag: 'W/"1"' }, async (server, path) => {
    await failure(server.remote, { path });
    server.behaviour.cutAfter = undefined;
    await download(server.remote, { path });
    assertEquals(server.requests[1].get("if-range"), null);
    await assertWhole(path);
  });
});

Deno.test("a partial file that is whole, or too long, does no harm", async () => {
  await withServer({ ranges: true }, async (server, path) => {
    await Deno.writeFile(`${path}.partial`, body);
    await download(server.remote, { path });
    assertEquals(server.requests.length, 0);
    await assertWhole(path);
    await Deno.rename(path, `${path}.partial`);
    await Deno.writeFile(`${path}.partial`, body, { append: true });
    await download(server.remote, { path });
    await assertWhole(path);
  });
});

Deno.test("a wrong checksum removes what came, so that the next call starts anew", async () => {
  await withServer({ ranges: true }, async (server, path) => {
    const { remote } = server;
    server.body = body.with(7, body[7] ^ 1);
    const message = await failure(remote, { path });
    assertStringIncludes(
      message,
      `it needs to have the MD5 ${remote.md5}, got ${server.remote.md5}`,
    );
    assertEquals(await ifThere(Deno.stat(`${path}.partial`)), undefined);
    server.body = body;
    await download(remote, { path });
    await assertWhole(path);
  });
});

Deno.test("another file than the one asked for is refused by its length", async () => {
  await withServer({}, async (server, path) => {
    const message = await failure({ ...server.remote, bytes: 12 }, { path });
    assertStringIncludes(message, "it needs to have 12 bytes, got 300000");
  });
});

Deno.test("a server's refusal is passed on", async () => {
  await withServer({ status: 503 }, async (server, path) => {
    const message = await failure(server.remote, { path });
    assertStringIncludes(message, "the server answered 503 Service Unavailable; run it again");
  });
});

Deno.test("a server that cannot be reached is one sentence", async () => {
  await withServer({}, async (server, path) => {
    const { remote } = server;
    await server[Symbol.asyncDispose]();
    const message = await failure(remote, { path });
    assertStringIncludes(message, "Connection refused");
    assertEquals(message.split(remote.url).length, 2, message);
  });
});

Deno.test("a connection that brings nothing is given up", async () => {
  await withServer({ ranges: true, stallAfter: 100_000 }, async (server, path) => {
    const message = await failure(server.remote, { path, stallSeconds: 0.2 });
    assertStringIncludes(
      message,
      "nothing came for 0.2 seconds; run it again to go on after 100000",
    );
    server.behaviour.stallAfter = undefined;
    await download(server.remote, { path });
    await assertWhole(path);
  });
});

Deno.test("an abort leaves what came, and throws the signal's reason", async () => {
  await withServer({ ranges: true, delayMs: 5 }, async (server, path) => {
    const controller = new AbortController();
    const onProgress = ({ received }: DownloadProgress) => {
      if (received > 100_000) controller.abort(new Error("enough"));
    };
    const aborted = () => download(server.remote, { path, onProgress, signal: controller.signal });
    await assertRejects(aborted, Error, "enough");
    const { size } = await Deno.stat(`${path}.partial`);
    assert(size > 100_000 && size < body.length);
    await download(server.remote, { path });
    assertEquals(server.requests[1].get("range"), `bytes=${size}-`);
    await assertWhole(path);
  });
});

Deno.test("an archive that the server labels as an encoding stays as it is", async () => {
  await withServer({ headers: { "content-encoding": "gzip" } }, async (server, path) => {
    await download(server.remote, { path });
    assertEquals(server.requests[0].get("accept-encoding"), "identity");
    await assertWhole(path);
  });
});

Deno.test("of several downloads at once one asks the server, and all end with the whole", async () => {
  await withServer({ ranges: true, delayMs: 50 }, async (server, path) => {
    const totals = [0, 0, 0];
    await Promise.all(
      totals.map((_, i) =>
        download(server.remote, { path, onProgress: ({ received }) => void (totals[i] = received) })
      ),
    );
    assertEquals(server.requests.length, 1);
    assert(totals.every((received) => received > 0), "those who wait see progress too");
    await assertWhole(path);
  });
});

Deno.test({
  name: "a full disk says so, and where",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await withServer({}, async (server, path) => {
      await Deno.symlink("/dev/full", `${path}.partial`);
      // In a process of its own: devices can be opened with all permissions only.
      const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
      const module = new URL("../../lib/data/download.ts", import.meta.url);
      const code = `import { download } from "${module}";
        await download(${JSON.stringify(server.remote)}, { path: "${path}" })
          .catch((error) => console.log(error.message));`;
      const args = ["eval", "--no-lock", "--config", config, code];
      const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
      const message = new TextDecoder().decode(stdout);
      assertStringIncludes(
        message,
        `Cannot download ${server.remote.url} to ${path}: no space left`,
      );
    });
  },
});
