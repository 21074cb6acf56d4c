/**
 * Kernels compiled for an adapter.
 *
 * @module
 */
import { bindingsOf, type Kernel, workgroupBytesOf } from "../../kernels/kernel.ts";
import { DeviceError } from "./device_error.ts";

/** A compiled kernel with the layout of its bindings. */
export interface Pipeline {
  /** The pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** The layout of group 0. */
  readonly layout: GPUBindGroupLayout;
}

const bufferTypes = {
  read: "read-only-storage",
  read_write: "storage",
  uniform: "uniform",
} as const;

/**
 * Compiles a kernel.
 *
 * @param adapter what messages call the adapter
 * @param enable what kernels that use subgroups have to begin with
 * @throws {DeviceError} with the kernel's name and the compiler's message and line, or if the
 * kernel needs more workgroup memory or storage buffers than the adapter has
 */
export async function compile(
  gpu: GPUDevice,
  { name, code }: Kernel,
  { adapter, enable }: { adapter: string; enable: string },
): Promise<Pipeline> {
  const refuse = (why: string): never => {
    throw new DeviceError(`Cannot compile kernel ${name}: ${why}`);
  };
  const { maxComputeWorkgroupStorageSize, maxStorageBuffersPerShaderStage } = gpu.limits;
  // The driver does not reject this by itself, and what then runs is undefined.
  const bytes = workgroupBytesOf(code);
  if (bytes > maxComputeWorkgroupStorageSize) {
    refuse(
      `needs ${bytes} bytes of workgroup memory, "${adapter}" has ${maxComputeWorkgroupStorageSize}`,
    );
  }
  const bindings = bindingsOf(code);
  const storage = bindings.filter(({ access }) => access !== "uniform").length;
  if (storage > maxStorageBuffersPerShaderStage) {
    refuse(
      `needs ${storage} storage buffers, "${adapter}" has at most ` +
        `${maxStorageBuffersPerShaderStage} for a kernel`,
    );
  }
  const head = /\bsubgroup[A-Z]/.test(code) ? enable : "";
  gpu.pushErrorScope("validation");
  const module = gpu.createShaderModule({ label: name, code: head + code });
  const layout = gpu.createBindGroupLayout({
    label: name,
    entries: bindings.map(({ index, access }) => ({
      binding: index,
      visibility: 4, /* COMPUTE */
      buffer: { type: bufferTypes[access] },
    })),
  });
  const pipeline = gpu.createComputePipeline({
    label: name,
    layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  });
  const error = await gpu.popErrorScope();
  if (error) refuse(error.message.trim());
  return { pipeline, layout };
}

/** Whether a device takes a text for a shader. */
export async function isShader(gpu: GPUDevice, code: string): Promise<boolean> {
  gpu.pushErrorScope("validation");
  gpu.createShaderModule({ code });
  return await gpu.popErrorScope() === null;
}
