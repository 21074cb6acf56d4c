/**
 * A program: a flat list of dispatches over buffers that were made once. Running it allocates,
 * compiles and binds nothing.
 *
 * @module
 */
import { bindingsOf, type Kernel } from "../../kernels/kernel.ts";
import { splitConstants } from "./constants.ts";
import { type Device, type DeviceBuffer, DeviceError } from "./device.ts";
import { allocate } from "./liveness.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Span } from "./readback.ts";
import type { Recorded, Recording, Variants } from "./recording.ts";
import { bytesOf, type Memory, type PlacedTensor, type Tensor } from "./tensor.ts";
import { sizeOf } from "../shape.ts";

/** One bound dispatch. */
export interface Dispatch {
  /** The layer it belongs to. */
  readonly layer: string;
  /** What runs. */
  readonly kernel: Kernel;
  /** Bytes of all its bindings together. */
  readonly bytes: number;
  /** Whether it is left out of runs that do not ask for summaries. */
  readonly summary: boolean;
  /** The compiled kernel. */
  readonly pipeline: GPUComputePipeline;
  /** Its buffers. */
  readonly bindGroup: GPUBindGroup;
}

/** A compiled recording. It owns its scratch and kept buffers; dispose it when done. */
export class Program implements Disposable {
  /** The device it runs on. */
  readonly device: Device;
  /** The dispatches of every run in order. */
  readonly dispatches: readonly Dispatch[];
  /** Those that run first after a constant was written. */
  readonly preparations: readonly Dispatch[];
  /** The variant of each heavy kernel that was chosen; part of a run, as it changes rounding. */
  readonly variants: Variants;
  readonly #kept: ReadonlyMap<Memory, DeviceBuffer>;
  readonly #scratch: readonly DeviceBuffer[];
  #stale = true;

  private constructor(
    device: Device,
    parts: {
      dispatches: readonly Dispatch[];
      preparations: readonly Dispatch[];
      variants: Variants;
      kept: ReadonlyMap<Memory, DeviceBuffer>;
      scratch: readonly DeviceBuffer[];
    },
  ) {
    this.device = device;
    this.dispatches = parts.dispatches;
    this.preparations = parts.preparations;
    this.variants = parts.variants;
    this.#kept = parts.kept;
    this.#scratch = parts.scratch;
  }

  /**
   * Makes its buffers, compiles its kernels and binds them.
   *
   * @throws {DeviceError} if a kernel does not compile or memory does not suffice, or the device failed or was
   * disposed
   */
  static async build(device: Device, recording: Recording): Promise<Program> {
    device.check();
    const { recorded, variants } = recording;
    for (const { kernel, layer } of recorded) requireGrid(kernel, { layer, device });
    using stack = new DisposableStack();
    const kept = new Map<Memory, DeviceBuffer>();
    const keep = (memory: Memory): DeviceBuffer => {
      const known = kept.get(memory);
      if (known) return known;
      const buffer = stack.use(device.buffer(memory.name, memory.bytes));
      kept.set(memory, buffer);
      return buffer;
    };
    recording.kept.forEach(keep);
    const { once, each, lasting } = splitConstants(recorded);
    const { slotOf, slots } = allocate([...once, ...each], lasting);
    const scratch = slots.map((bytes, slot) => stack.use(device.buffer(`scratch ${slot}`, bytes)));
    const bindingOf = (tensor: Tensor): GPUBufferBinding => {
      const { place } = tensor, size = bytesOf(tensor);
      return place
        ? { buffer: keep(place.memory).buffer, offset: place.offset, size }
        : { buffer: scratch[slotOf.get(tensor)!].buffer, offset: 0, size };
    };
    const pipelines = new Map<Recorded, Pipeline>();
    await Promise.all(recorded.map(async (entry) => {
      pipelines.set(entry, await device.pipeline(entry.kernel));
    }));
    device.gpu.pushErrorScope("validation");
    const bind = (entry: Recorded): Dispatch => {
      const { layer, kernel, tensors, summary = false } = entry;
      const { pipeline, layout } = pipelines.get(entry)!;
      const entries = bindingsOf(kernel.code).map((binding, at): GPUBindGroupEntry => ({
        binding: binding.index,
        resource: bindingOf(tensors[at]),
      }));
      const bindGroup = device.gpu.createBindGroup({ label: kernel.name, layout, entries });
      const bytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
      return { layer, kernel, bytes, summary, pipeline, bindGroup };
    };
    const [preparations, dispatches] = [once.map(bind), each.map(bind)];
    const error = await device.gpu.popErrorScope();
    if (error) throw new TypeError(`Cannot bind the program: ${error.message.trim()}`);
    device.check();
    stack.move();
    return new Program(device, { dispatches, preparations, variants, kept, scratch });
  }

  /**
   * Uploads the first elements of a kept tensor, or all of them; what lies behind them up to a whole word
   * becomes zero.
   *
   * @throws {RangeError} if there are more than the tensor has
   */
  write(tensor: PlacedTensor, data: ArrayBufferView<ArrayBuffer>): void {
    // Writing nothing panics the runtime.
    if (data.byteLength === 0) return;
    if (data.byteLength > bytesOf(tensor)) {
      throw new RangeError(
        `Cannot write ${tensor.name}: needs at most ${
          bytesOf(tensor)
        } bytes, got ${data.byteLength}`,
      );
    }
    const words = data.byteLength % 4 === 0 ? data : inWords(data);
    const { memory, offset } = tensor.place;
    if (memory.constant) this.#stale = true;
    this.device.gpu.queue.writeBuffer(this.#bufferOf(memory), offset, words);
  }

  /** Where a kept tensor lies, to be read. */
  span({ place, shape, type }: PlacedTensor): Span {
    const { memory, offset } = place;
    const words = Math.ceil(sizeOf(shape) / (type === "f16" ? 2 : 1));
    return { buffer: this.#bufferOf(memory), offset, bytes: words * 4 };
  }

  #bufferOf(memory: Memory): GPUBuffer {
    const owned = this.#kept.get(memory);
    if (!owned) throw new RangeError(`Cannot reach ${memory.name}: this program does not use it`);
    return owned.buffer;
  }

  /** Bytes of adapter memory that it owns. */
  get bytes(): number {
    return [...this.#kept.values(), ...this.#scratch].reduce((sum, { size }) => sum + size, 0);
  }

  /** Useful floating-point operations of one run. */
  get flops(): number {
    return this.dispatches.reduce((sum, { kernel, summary }) => {
      return summary ? sum : sum + kernel.flops;
    }, 0);
  }

  /**
   * Runs the dispatches in order, after the preparations if a constant was written: one pass, one submit. Does
   * not wait.
   *
   * @param summaries whether to run those too that make summaries. Default: no
   */
  run({ summaries = false }: { summaries?: boolean } = {}): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    if (this.#stale) { for (const dispatch of this.preparations) encode(pass, dispatch); }
    this.#stale = false;
    for (const dispatch of this.dispatches) {
      if (summaries || !dispatch.summary) encode(pass, dispatch);
    }
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Destroys its buffers. */
  [Symbol.dispose](): void {
    for (const owned of [...this.#kept.values(), ...this.#scratch]) owned[Symbol.dispose]();
  }
}

/** Bytes with zeros behind them: writes take whole words only. */
function inWords({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array<
  ArrayBuffer
> {
  const words = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  words.set(new Uint8Array(buffer, byteOffset, byteLength));
  return words;
}

/** The driver would find out too, when it is too late to say so. */
function requireGrid(
  { name, workgroups }: Kernel,
  { layer, device }: { layer: string; device: Device },
): void {
  const most = device.gpu.limits.maxComputeWorkgroupsPerDimension;
  if (workgroups.every((count) => count <= most)) return;
  throw new DeviceError(
    `Cannot run kernel ${name} of ${layer}: needs ${workgroups.join("×")} workgroups, ` +
      `"${device.summary.name}" has at most ${most} along an axis; use a smaller batch size`,
  );
}

/** Encodes one dispatch into a pass. */
export function encode(pass: GPUComputePassEncoder, dispatch: Dispatch): void {
  pass.setPipeline(dispatch.pipeline);
  pass.setBindGroup(0, dispatch.bindGroup);
  pass.dispatchWorkgroups(...dispatch.kernel.workgroups);
}
