// What Tower relies on in the packages of @std, whether the real ones answer or the stand-ins.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join, SEPARATOR, toFileUrl } from "@std/path";
import { TextLineStream } from "@std/streams/text-line-stream";
import { toText } from "@std/streams/to-text";
import { FixedChunkStream } from "@std/streams/unstable-fixed-chunk-stream";
import { toBytes } from "@std/streams/unstable-to-bytes";

Deno.test("equality is deep and by content", () => {
  assertEquals({ a: [1, new Map([[{ k: 1 }, NaN]])] }, { a: [1, new Map([[{ k: 1 }, NaN]])] });
  assertEquals(new Float32Array([1, NaN]), new Float32Array([1, NaN]));
  assertEquals(new Set([[1], [2]]), new Set([[2], [1]]));
  assertEquals(0, -0);
  const ring: { self?: unknown } = {};
  ring.self = ring;
  assertEquals(ring, { self: ring });
});

Deno.test("what differs in content, class or properties is not equal", () => {
  assertNotEquals<unknown>(new Float32Array([1]), new Float64Array([1]));
  assertNotEquals<unknown>(new Float32Array([1]), [1]);
  assertNotEquals<unknown>({ a: undefined }, {});
  assertNotEquals<unknown>(new Map([[1, 2]]), new Map([[1, 3]]));
  assertNotEquals<unknown>(new Set([[1], [1]]), new Set([[1], [2]]));
  assertNotEquals<unknown>(new Date(0), new Date(1));
  assertNotEquals<unknown>(/a/g, /a/);
  assertNotEquals<unknown>("1", 1);
  assertNotEquals<unknown>(null, undefined);
});

Deno.test("assertions that do not hold throw, with the caller's words", async () => {
  assertThrows(() => assertEquals([1, 2], [1, 3], "as planned"), AssertionError, "as planned");
  assertThrows(() => assertAlmostEquals(1, 1.1), AssertionError);
  assertThrows(() => assertAlmostEquals(NaN, 1, 1e9), AssertionError);
  assertThrows(() => assert(0), AssertionError);
  assertThrows(() => assertThrows(() => {}), AssertionError);
  assertThrows(
    () =>
      assertThrows(() => {
        throw new RangeError("one");
      }, TypeError),
    AssertionError,
  );
  assertThrows(
    () =>
      assertThrows(
        () => {
          throw new RangeError("one");
        },
        RangeError,
        "two",
      ),
    AssertionError,
  );
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError);
  const error = await assertRejects(() => Promise.reject(new RangeError("far")), RangeError, "far");
  assertEquals(error.message, "far");
});

Deno.test("fixed chunks have the size asked for, however the bytes come, and only the last is shorter", async () => {
  const bytes = Uint8Array.from({ length: 23 }, (_, i) => i);
  for (const size of [1, 5, 23, 100]) {
    for (const cut of [1, 2, 5, 7, 23]) {
      const pieces = [new Uint8Array(0)];
      for (let i = 0; i < 23; i += cut) pieces.push(bytes.subarray(i, i + cut));
      const chunks = await Array.fromAsync(
        ReadableStream.from(pieces).pipeThrough(new FixedChunkStream(size)),
      );
      assertEquals(chunks.slice(0, -1).every((chunk) => chunk.length === size), true);
      assertEquals(chunks.length, Math.ceil(23 / size));
      assertEquals(chunks.flatMap((chunk) => [...chunk]), [...bytes]);
    }
  }
});

Deno.test("a stream becomes bytes, text and lines", async () => {
  const stream = () => ReadableStream.from(["ä\nb", "\r", "\nc"]);
  const encoded = () => stream().pipeThrough(new TextEncoderStream());
  assertEquals(await toText(encoded()), "ä\nb\r\nc");
  assertEquals((await toBytes(encoded())).length, 7);
  assertEquals(await Array.fromAsync(stream().pipeThrough(new TextLineStream())), ["ä", "b", "c"]);
});

Deno.test("flags are read with a value after a space or an equals sign", () => {
  const args = ["--a", "1", "--b=x=y", "--no-c", "--d", "--e", "rest", "--", "--f"];
  assertEquals(
    parseArgs(args, { string: ["a", "b", "c", "e"], boolean: ["d"], negatable: ["c"] }),
    { _: ["--f"], a: "1", b: "x=y", c: false, d: true, e: "rest" },
  );
});

Deno.test("paths and file addresses go there and back", () => {
  assertEquals(join("a", "..", "b", "c"), ["b", "c"].join(SEPARATOR));
  const path = fromFileUrl(import.meta.url);
  assertEquals(toFileUrl(path).href, import.meta.url);
});
