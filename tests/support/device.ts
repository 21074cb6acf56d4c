/** The adapter that tests run on. */
import { Device } from "../../lib/gpu/device.ts";

/** Whether the adapter has numbers of 16 bits. */
export async function hasF16(): Promise<boolean> {
  using device = await openDevice();
  return device.f16;
}

/** A test on numbers of 16 bits, skipped where the adapter has none. */
export async function f16Test(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): Promise<void> {
  const ignore = !await hasF16();
  Deno.test({
    name: name + (ignore ? " (skipped: the adapter has no shader-f16)" : ""),
    ignore,
    fn,
  });
}

/** Opens a device; the caller disposes it. */
export function openDevice(): Promise<Device> {
  return Device.open();
}
