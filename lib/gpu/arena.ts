/**
 * The adapter's twins of the parameter arena.
 *
 * @module
 */
import type { ParameterTable } from "../parameters.ts";
import type { Device, DeviceBuffer } from "./device.ts";
import type { PlacedTensor } from "./recorder.ts";

/** One array of the arena's form on a device. */
export class Arena implements Disposable {
  /** What it holds: values, gradients, averages. */
  readonly name: string;
  /** The layout. */
  readonly table: ParameterTable;
  readonly #device: Device;
  readonly #owned: DeviceBuffer;

  /** Makes a zeroed arena. */
  constructor(device: Device, table: ParameterTable, name: string) {
    this.#device = device;
    this.table = table;
    this.name = name;
    this.#owned = device.buffer(name, Math.max(1, table.length) * 4);
  }

  /** The buffer. */
  get buffer(): GPUBuffer {
    return this.#owned.buffer;
  }

  /** The whole arena as one tensor. */
  get all(): PlacedTensor {
    return {
      name: this.name,
      shape: [this.table.length],
      place: { buffer: this.buffer, offset: 0 },
    };
  }

  /** One parameter's slice. */
  tensor(name: string): PlacedTensor {
    const { shape, offset } = this.table.get(name);
    return { name, shape, place: { buffer: this.buffer, offset: offset * 4 } };
  }

  /** Uploads all of it. */
  write(values: Float32Array): void {
    // Writing nothing panics the runtime.
    if (values.length === 0) return;
    this.#device.gpu.queue.writeBuffer(this.buffer, 0, values as Float32Array<ArrayBuffer>);
  }

  /** Destroys the buffer. */
  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
