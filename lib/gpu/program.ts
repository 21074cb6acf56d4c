/**
 * A program: a flat list of dispatches over buffers that were made once. Running it allocates,
 * compiles and binds nothing.
 *
 * @module
 */
import { bindingsOf, type Kernel } from "../../kernels/kernel.ts";
import type { Device, DeviceBuffer } from "./device.ts";
import { allocate } from "./liveness.ts";
import { bytesOf, type Place, type Recorded, type Tensor, type Variants } from "./recorder.ts";

/** One bound dispatch. */
export interface Dispatch {
  /** The layer it belongs to. */
  readonly layer: string;
  /** What runs. */
  readonly kernel: Kernel;
  /** Bytes of all its bindings together. */
  readonly bytes: number;
  /** The compiled kernel. */
  readonly pipeline: GPUComputePipeline;
  /** Its buffers. */
  readonly bindGroup: GPUBindGroup;
}

/** What a program is built from. */
export interface Recording {
  /** The dispatches in order. */
  readonly recorded: readonly Recorded[];
  /** Buffers that the program is to own besides its scratch. */
  readonly owned: readonly DeviceBuffer[];
  /** The variants that were chosen. */
  readonly variants: Variants;
}

/** A compiled recording. It owns its scratch and kept buffers; dispose it when done. */
export class Program implements Disposable {
  /** The device it runs on. */
  readonly device: Device;
  /** The dispatches in order. */
  readonly dispatches: readonly Dispatch[];
  /** The variant of each heavy kernel that was chosen; part of a run, as it changes rounding. */
  readonly variants: Variants;
  readonly #owned: readonly DeviceBuffer[];

  private constructor(
    device: Device,
    dispatches: readonly Dispatch[],
    recording: Pick<Recording, "owned" | "variants">,
  ) {
    this.device = device;
    this.dispatches = dispatches;
    this.variants = recording.variants;
    this.#owned = recording.owned;
  }

  /** Allocates scratch, compiles kernels and binds; see {@linkcode Recorder.compile}. */
  static async build(device: Device, recording: Recording): Promise<Program> {
    const { recorded, variants } = recording;
    const owned = [...recording.owned];
    try {
      const { slotOf, slots } = allocate(recorded);
      const buffers = slots.map((bytes, slot) => device.buffer(`scratch ${slot}`, bytes));
      owned.push(...buffers);
      const placeOf = (tensor: Tensor): Place =>
        tensor.place ?? { buffer: buffers[slotOf.get(tensor)!].buffer, offset: 0 };
      const pipelines = await Promise.all(recorded.map(({ kernel }) => device.pipeline(kernel)));
      device.gpu.pushErrorScope("validation");
      const dispatches = recorded.map(({ layer, kernel, tensors }, index): Dispatch => {
        const { pipeline, layout } = pipelines[index];
        const entries = bindingsOf(kernel.code).map((binding, at): GPUBindGroupEntry => ({
          binding: binding.index,
          resource: { ...placeOf(tensors[at]), size: bytesOf(tensors[at]) },
        }));
        const bindGroup = device.gpu.createBindGroup({ label: kernel.name, layout, entries });
        const bytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
        return { layer, kernel, bytes, pipeline, bindGroup };
      });
      const error = await device.gpu.popErrorScope();
      if (error) throw new TypeError(`Cannot bind the program: ${error.message.trim()}`);
      device.check();
      return new Program(device, dispatches, { owned, variants });
    } catch (error) {
      for (const buffer of owned) buffer[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes of adapter memory that it owns. */
  get bytes(): number {
    return this.#owned.reduce((sum, { size }) => sum + size, 0);
  }

  /** Useful floating-point operations of one run. */
  get flops(): number {
    return this.dispatches.reduce((sum, { kernel }) => sum + kernel.flops, 0);
  }

  /** Runs all dispatches in order: one pass, one submit. Does not wait. */
  run(): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const dispatch of this.dispatches) encode(pass, dispatch);
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Destroys its buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#owned) buffer[Symbol.dispose]();
  }
}

/** Encodes one dispatch into a pass. */
export function encode(pass: GPUComputePassEncoder, dispatch: Dispatch): void {
  pass.setPipeline(dispatch.pipeline);
  pass.setBindGroup(0, dispatch.bindGroup);
  pass.dispatchWorkgroups(...dispatch.kernel.workgroups);
}
