import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeFrames, encodeFrame } from "../../lib/train/frames.ts";

const message = () => {
  const memory = { name: "x", bytes: 4 };
  return { first: { memory }, second: [memory], numbers: Float32Array.of(1, 2.5), text: "ä" };
};

Deno.test("messages arrive whole, however the stream is cut, with shared objects shared", async () => {
  const bytes = [message(), { last: true }].flatMap((part) => [...encodeFrame(part)]);
  for (const size of [1, 3, 4, 50, bytes.length]) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => Uint8Array.from(bytes.slice(i * size, (i + 1) * size)),
    );
    const got = await Array.fromAsync(decodeFrames(ReadableStream.from(chunks)));
    assertEquals(got, [message(), { last: true }]);
    const [{ first, second }] = got as [ReturnType<typeof message>];
    assert(first.memory === second[0]);
  }
});

Deno.test("a stream that ends in the middle of a message ends without it", async () => {
  const cut = encodeFrame(message()).slice(0, -1);
  assertEquals(await Array.fromAsync(decodeFrames(ReadableStream.from([cut]))), []);
});

Deno.test("what is no message is refused", async () => {
  const text = new TextEncoder().encode("MESA: warning: something\n");
  await assertRejects(
    () => Array.fromAsync(decodeFrames(ReadableStream.from([text]))),
    RangeError,
    "something else wrote to this stream",
  );
});
