/**
 * Reads a byte stream by exact lengths.
 *
 * @module
 */

/** The end of a stream where more was needed. */
export class EndsEarly extends Error {
  /** `EndsEarly`. */
  override readonly name: string = "EndsEarly";
}

/** Takes a stream apart. Disposing it cancels the stream. */
export class ByteReader implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  /** Reads from a stream, which nobody else reads. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next bytes, at most so many and at least one; nothing at the end. */
  async read(most: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#chunk = value;
    }
    const bytes = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(bytes.length);
    return bytes;
  }

  /**
   * The next so many bytes in memory of their own.
   *
   * @throws {EndsEarly} if there are fewer
   */
  async take(length: number): Promise<DataView<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let taken = 0;
    for await (const piece of this.stream(length)) {
      bytes.set(piece, taken);
      taken += piece.length;
    }
    return new DataView(bytes.buffer);
  }

  /**
   * The next so many bytes, piece after piece.
   *
   * @throws {EndsEarly} if there are fewer
   */
  async *stream(length: number): AsyncGenerator<Uint8Array, void, void> {
    for (let left = length; left > 0;) {
      const bytes = await this.read(left);
      if (!bytes) throw new EndsEarly(`an end ${left} bytes early`);
      left -= bytes.length;
      yield bytes;
    }
  }

  /** Cancels what is left of the stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
