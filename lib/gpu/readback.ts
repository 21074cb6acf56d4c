/**
 * Reading results back from the adapter.
 *
 * @module
 */
import type { Device } from "./device.ts";
import { DeviceError } from "./device_error.ts";

/** Bytes to read. */
export interface Span {
  /** Of what. */
  readonly buffer: GPUBuffer;
  /** From where on, a multiple of 4. */
  readonly offset: number;
  /** How many, a multiple of 4. */
  readonly bytes: number;
}

/**
 * A staging buffer, mapped again and again.
 *
 * In Deno `mapAsync` waits for the queue before it returns and then sleeps ten milliseconds before
 * its promise resolves; the data is mapped at once. So it is read at once where that was seen to
 * work when the reader was made, and awaited elsewhere, and whenever it was too early.
 */
export class Readback implements Disposable {
  readonly #device: Device;
  readonly #staging: GPUBuffer;
  #immediate = false;
  /** Whether the last look was too early to be immediate. */
  #early = false;
  #copied: number;
  #disposed = false;
  /** The end of the read that was asked for last. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(device: Device, staging: GPUBuffer) {
    this.#device = device;
    this.#staging = staging;
    this.#copied = staging.size;
  }

  /**
   * Makes a reader for up to `bytes` at a time and tries the quick way once.
   *
   * @throws {DeviceError} if the device failed or was disposed
   */
  static async create(device: Device, bytes: number): Promise<Readback> {
    device.check();
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const staging = device.gpu.createBuffer({
      label: "readback",
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    using stack = new DisposableStack();
    const reader = stack.use(new Readback(device, staging));
    // A buffer that was never mapped must not be read before its promise resolves.
    await reader.#look(() => reader.unmap());
    reader.#immediate = await reader.#tryImmediate();
    stack.move();
    return reader;
  }

  /**
   * Submits copies of the spans, one after the other, to be looked at by {@linkcode Readback.map}.
   *
   * @throws {RangeError} if the spans are larger than the reader
   * @throws {DeviceError} if the reader was disposed
   */
  copy(spans: readonly Span[]): void {
    this.#requireOpen();
    const { gpu } = this.#device;
    const total = spans.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > this.#staging.size) {
      throw new RangeError(
        `Cannot read ${total} bytes back: needs at most ${this.#staging.size} at a time`,
      );
    }
    const encoder = gpu.createCommandEncoder();
    let at = 0;
    for (const { buffer, offset, bytes } of spans) {
      encoder.copyBufferToBuffer(buffer, offset, this.#staging, at, bytes);
      at += bytes;
    }
    gpu.queue.submit([encoder.finish()]);
    this.#copied = total;
  }

  /**
   * Waits for everything submitted so far and gives the bytes of the last copies, in the adapter's
   * own memory: they are gone with {@linkcode Readback.unmap}, which has to follow.
   *
   * @throws {DeviceError} if the device failed since it was opened, or the reader was disposed meanwhile
   */
  map(): Promise<ArrayBuffer> {
    return this.#look((bytes) => bytes);
  }

  /** Gives the memory back that {@linkcode Readback.map} showed. */
  unmap(): void {
    this.#staging.unmap();
  }

  /**
   * Waits for everything submitted so far and returns the bytes of the spans, one after the other. Reads
   * take their turns.
   *
   * @throws {DeviceError} if the device failed since it was opened, or the reader was disposed meanwhile
   * @throws {RangeError} if the spans are larger than the reader
   */
  async read(spans: readonly Span[]): Promise<ArrayBuffer> {
    const turn = this.#last.then(async () => {
      this.copy(spans);
      return await this.#look((bytes) => {
        const data = bytes.slice(0);
        this.unmap();
        return data;
      });
    });
    this.#last = turn.catch(() => {}); // whoever asked for it is told
    return await turn;
  }

  /** Maps the bytes of the last copies and looks at them, before anybody else has a turn. */
  async #look<T>(at: (bytes: ArrayBuffer) => T): Promise<T> {
    this.#requireOpen();
    const mapped = this.#staging.mapAsync(GPUMapMode.READ, 0, this.#copied);
    mapped.catch(() => {}); // whoever waits for it is told
    this.#early = false;
    if (this.#immediate) {
      this.#device.check();
      const bytes = this.#mappedBytes();
      if (bytes) return at(bytes);
      this.#early = true;
    }
    try {
      await mapped;
      this.#requireOpen();
      this.#device.check();
      return at(this.#staging.getMappedRange(0, this.#copied));
    } catch (cause) {
      // What became of the device arrives in a turn of its own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#device.check();
      this.#requireOpen();
      const reason = cause instanceof Error ? cause.message : cause;
      throw new DeviceError(
        `Cannot read back from "${this.#device.summary.name}": it failed, or was closed meanwhile: ${reason}`,
        { cause },
      );
    }
  }

  /** An operation on what was destroyed would count as a failure of the device. */
  #requireOpen(): void {
    if (!this.#disposed) return;
    throw new DeviceError(
      `Cannot read back from "${this.#device.summary.name}": the reader was disposed; ` +
        "dispose it after its last read",
    );
  }

  /** What is mapped; nothing if it is too early, or the device failed. */
  #mappedBytes(): ArrayBuffer | undefined {
    try {
      return this.#staging.getMappedRange(0, this.#copied);
    } catch {
      return undefined;
    }
  }

  /** Whether what the adapter wrote is there at once. */
  async #tryImmediate(): Promise<boolean> {
    const { gpu } = this.#device;
    using probe = this.#device.buffer("readback probe", 16);
    const pattern = new Uint32Array([0x01234567, 0x89abcdef, 0xdeadbeef, Math.random() * 2 ** 32]);
    gpu.queue.writeBuffer(probe.buffer, 0, pattern);
    this.#immediate = true;
    try {
      const got = new Uint32Array(
        await this.read([{ buffer: probe.buffer, offset: 0, bytes: 16 }]),
      );
      return !this.#early && got.every((word, i) => word === pattern[i]);
    } finally {
      this.#immediate = false;
    }
  }

  /** Destroys the staging buffer. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#staging.destroy();
  }
}

/** Reads a few places once. For reading repeatedly, keep a {@linkcode Readback}. */
export async function readOnce(device: Device, spans: readonly Span[]): Promise<ArrayBuffer> {
  using reader = await Readback.create(device, spans.reduce((sum, { bytes }) => sum + bytes, 0));
  return await reader.read(spans);
}
