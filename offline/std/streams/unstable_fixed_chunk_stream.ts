/**
 * Cuts a stream of bytes into chunks of exactly `size` bytes; only the last one may be shorter.
 *
 * Every chunk is a copy with a buffer of its own, as in the real package.
 */
export class FixedChunkStream extends TransformStream<Uint8Array, Uint8Array> {
  /** @param size Bytes in a chunk. */
  constructor(size: number) {
    let partial = new Uint8Array(size);
    let filled = 0;
    super({
      transform(bytes, controller) {
        let offset = 0;
        while (offset < bytes.length) {
          const part = bytes.subarray(offset, offset + size - filled);
          partial.set(part, filled);
          offset += part.length;
          filled += part.length;
          if (filled < size) continue;
          controller.enqueue(partial);
          partial = new Uint8Array(size);
          filled = 0;
        }
      },
      flush(controller) {
        if (filled > 0) controller.enqueue(partial.slice(0, filled));
      },
    });
  }
}
