/**
 * How fast an adapter copies and computes.
 *
 * @module
 */
import { copy, multiplyAdds } from "../../kernels/measure.wgsl.ts";
import type { Device } from "./device.ts";
import { profile } from "./profile.ts";
import { Recorder } from "./recorder.ts";

/** Gigabytes a second that a kernel reads and writes together, copying 64 MiB. */
export async function measureCopyBandwidth(device: Device): Promise<number> {
  const elements = 2 ** 24;
  const record = new Recorder(device);
  record.dispatch(copy(elements), {
    source: record.keep([elements], "source"),
    copied: record.keep([elements], "copied"),
  });
  using program = await record.compile(device);
  const [{ milliseconds }] = await profile(program);
  return 2 * elements * 4 / milliseconds / 1e6;
}

/** GFLOP a second of independent `f32` multiply-adds in registers: what no real kernel passes. */
export async function measureMultiplyAdds(device: Device): Promise<number> {
  const record = new Recorder(device);
  const kernel = multiplyAdds({ invocations: device.kind === "software" ? 2 ** 15 : 2 ** 20 });
  record.dispatch(kernel, { copied: record.keep([2 ** 20], "copied") });
  using program = await record.compile(device);
  const [{ milliseconds }] = await profile(program);
  return kernel.flops / milliseconds / 1e6;
}
