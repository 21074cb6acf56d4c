/**
 * Messages between processes: a length of four bytes, then a structured clone. Objects that a message
 * holds twice are one object again on the other side.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";

/** The longest message that is believed; anything longer is something else's output. */
const longest = 2 ** 28;

/** A message as bytes. */
export function encodeFrame(message: unknown): Uint8Array {
  const body = serialize(message);
  const frame = new Uint8Array(4 + body.length);
  new DataView(frame.buffer).setUint32(0, body.length, true);
  frame.set(body, 4);
  return frame;
}

/**
 * The messages of a stream; ends where the stream ends, be it in the middle of one.
 *
 * @throws {RangeError} if the bytes are no messages
 */
export async function* decodeFrames(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let held = new Uint8Array();
  for await (const chunk of stream) {
    const joined = new Uint8Array(held.length + chunk.length);
    joined.set(held);
    joined.set(chunk, held.length);
    held = joined;
    while (held.length >= 4) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(0, true);
      if (length > longest) {
        throw new RangeError(
          `Cannot read a message: needs at most ${longest} bytes, got ${length}; something else ` +
            "wrote to this stream",
        );
      }
      if (held.length < 4 + length) break;
      const body = held.slice(4, 4 + length);
      held = held.slice(4 + length);
      yield deserialize(Buffer.from(body.buffer));
    }
  }
}
