/** Runs one kernel on arrays. */
import { bindingsOf, type Kernel } from "../../kernels/kernel.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { readOnce } from "../../lib/gpu/readback.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import type { PlacedTensor } from "../../lib/gpu/tensor.ts";

export type Words = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What the kernel leaves in the buffers that it writes, given what they all hold before. */
export async function runKernel(
  device: Device,
  kernel: Kernel,
  buffers: Record<string, Words>,
): Promise<Record<string, Words>> {
  const record = new Recorder(device);
  const tensors: Record<string, PlacedTensor> = {};
  for (const { name } of bindingsOf(kernel.code)) {
    tensors[name] = record.keep([buffers[name].length], name);
  }
  record.dispatch(kernel, tensors);
  using program = await record.compile(device);
  for (const [name, tensor] of Object.entries(tensors)) program.write(tensor, buffers[name]);
  program.run();
  const written = bindingsOf(kernel.code).filter(({ access }) => access === "read_write");
  const results = written.map(async ({ name }) => {
    const data = await readOnce(device, [program.span(tensors[name])]);
    const words = buffers[name] instanceof Float32Array
      ? new Float32Array(data)
      : new Uint32Array(data);
    return [name, words] as const;
  });
  return Object.fromEntries(await Promise.all(results));
}
