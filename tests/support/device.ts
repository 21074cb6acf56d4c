/** The adapter that tests run on. */
import { Device } from "../../lib/gpu/device.ts";
import { prepareEnvironment } from "../../lib/gpu/environment.ts";

/** Opens a device; the caller disposes it. */
export function openDevice(): Promise<Device> {
  prepareEnvironment();
  return Device.open();
}
