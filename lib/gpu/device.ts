/**
 * The device: one opened adapter, its limits, its pipelines, and the one place where its failures
 * arrive.
 *
 * @module
 */
import type { Kernel } from "../../kernels/kernel.ts";
import {
  type AdapterKind,
  type AdapterPreference,
  type AdapterSummary,
  describeAdapter,
  requestAdapter,
} from "./adapter.ts";
import { DeviceError } from "./device_error.ts";
import { compile, isShader, type Pipeline } from "./pipeline.ts";

export { DeviceError };

/** How to open a device. */
export interface DeviceOptions {
  /** Which adapter to ask for. Default `high-performance`. */
  readonly adapter?: AdapterPreference;
}

/** Every buffer may be bound, copied from and written to. */
const bufferUsage = 0x80 /* STORAGE */ | 0x40 /* UNIFORM */ | 0x4 /* COPY_SRC */ |
  0x8 /* COPY_DST */;

const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
] as const;

const wantedFeatures = ["timestamp-query", "shader-f16"] as const;

/**
 * An opened adapter. It owns the GPU device and every pipeline; dispose it when done.
 *
 * @example
 * ```ts
 * import { Device } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open(); // closes at the end of the block
 * console.log(device.summary.name, device.f16 ? "has" : "lacks", "numbers of 16 bits");
 * assertEquals(device.liveBuffers, 0);
 * ```
 */
export class Device implements Disposable {
  /** The WebGPU device. */
  readonly gpu: GPUDevice;
  /** What it runs on. */
  readonly summary: AdapterSummary;
  /** Whether kernels may use subgroups, of at least 8 lanes. */
  readonly subgroups: boolean;
  /** Whether kernels may use numbers of 16 bits. */
  readonly f16: boolean;
  /** Bytes of a tensor at most: what a binding can cover. */
  readonly maxTensorBytes: number;
  /** What kernels that use subgroups have to begin with: browsers ask for it, and Deno refuses it. */
  readonly #enableSubgroups: string;
  #failure: DeviceError | undefined;
  #closing = false;
  #liveBuffers = 0;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();

  /** Wraps a device; use {@linkcode Device.open}. */
  private constructor(
    gpu: GPUDevice,
    { summary, subgroups, enableSubgroups }: {
      summary: AdapterSummary;
      subgroups: boolean;
      enableSubgroups: boolean;
    },
  ) {
    this.gpu = gpu;
    this.summary = summary;
    this.subgroups = subgroups;
    this.f16 = gpu.features.has("shader-f16");
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    this.maxTensorBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    this.#enableSubgroups = enableSubgroups ? "enable subgroups; " : "";
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??= new DeviceError(
        `Adapter "${summary.name}" reported an error: ${error.message.trim()}`,
      );
    });
    gpu.lost.then((loss) => {
      if (this.#closing) return;
      this.#failure ??= new DeviceError(
        `Adapter "${summary.name}" was lost (${loss.reason || "unknown"}): ${loss.message.trim()}`,
      );
    });
  }

  /**
   * Opens an adapter with the limits it has, and its timestamps and 16-bit numbers where it has them.
   *
   * @throws {AdapterError} if there is no such adapter
   * @throws {DeviceError} if it will not open
   */
  static async open(options: DeviceOptions = {}): Promise<Device> {
    const adapter = await requestAdapter(options.adapter);
    const requiredLimits: Record<string, number> = {};
    for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit];
    const requiredFeatures: GPUFeatureName[] = [];
    for (const feature of wantedFeatures) {
      if (adapter.features.has(feature)) requiredFeatures.push(feature);
    }
    const summary = describeAdapter(adapter);
    // Kernels share loads between 8 lanes. The feature is not always listed where it can be had.
    const subgroups = (adapter.info.subgroupMinSize ?? 0) >= 8
      ? await adapter.requestDevice({
        requiredLimits,
        requiredFeatures: [...requiredFeatures, "subgroups"],
      }).catch(() => undefined)
      : undefined;
    try {
      const gpu = subgroups ?? await adapter.requestDevice({ requiredLimits, requiredFeatures });
      const enableSubgroups = subgroups !== undefined && await isShader(gpu, "enable subgroups;");
      return new Device(gpu, { summary, subgroups: subgroups !== undefined, enableSubgroups });
    } catch (cause) {
      throw new DeviceError(`Cannot open adapter "${summary.name}": ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Which variants of the kernels suit it. */
  get kind(): AdapterKind {
    return this.summary.kind;
  }

  /** The number of buffers made and not yet destroyed. */
  get liveBuffers(): number {
    return this.#liveBuffers;
  }

  /**
   * Throws the first failure that arrived since the device was opened, if any.
   *
   * @throws {DeviceError} an error outside a scope, the loss of the device, or its use after it was disposed
   */
  check(): void {
    if (this.#closing) {
      throw new DeviceError(
        `Cannot use adapter "${this.summary.name}": its device was disposed; dispose it after its last use`,
      );
    }
    if (this.#failure) throw this.#failure;
  }

  /**
   * Makes a buffer, zeroed, for storage, uniforms and copies. The caller owns it.
   *
   * @throws {DeviceError} if it is larger than the adapter allows, or the device failed or was disposed
   */
  buffer(name: string, bytes: number): DeviceBuffer {
    this.check();
    if (bytes > this.maxTensorBytes) {
      throw new DeviceError(
        `Cannot allocate ${name} on "${this.summary.name}": needs ${
          mebibytes(bytes)
        } in one buffer, ` +
          `got a limit of ${mebibytes(this.maxTensorBytes)}; use a smaller batch size or model`,
      );
    }
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const buffer = this.gpu.createBuffer({ label: name, size, usage: bufferUsage });
    this.#liveBuffers++;
    let live = true;
    return {
      buffer,
      size,
      [Symbol.dispose]: () => {
        if (live) this.#liveBuffers--;
        live = false;
        buffer.destroy();
      },
    };
  }

  /**
   * Compiles a kernel, once for each text.
   *
   * @throws {DeviceError} with the kernel's name and the compiler's message and line, or if the
   * kernel needs more workgroup memory or storage buffers than the adapter has
   */
  pipeline(kernel: Kernel): Promise<Pipeline> {
    let pipeline = this.#pipelines.get(kernel.code);
    if (!pipeline) {
      pipeline = compile(this.gpu, kernel, {
        adapter: this.summary.name,
        enable: this.#enableSubgroups,
      });
      this.#pipelines.set(kernel.code, pipeline);
    }
    return pipeline;
  }

  /** Destroys the device and all that it owns. */
  [Symbol.dispose](): void {
    this.#closing = true;
    this.gpu.destroy();
  }
}

/** A buffer with its owner's duty to destroy it. */
export interface DeviceBuffer extends Disposable {
  /** The WebGPU buffer. */
  readonly buffer: GPUBuffer;
  /** Its bytes, a multiple of 16. */
  readonly size: number;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
