/**
 * Which adapters towers can be pinned to.
 *
 * @module
 */
import {
  type AdapterKind,
  type AdapterPreference,
  describeAdapter,
  requestAdapter,
} from "../gpu/adapter.ts";
import { DeviceError } from "../gpu/device.ts";
import { type Pin, type Pins, pinsByPreference, suggestedPins } from "../gpu/pins.ts";
import { mayStartProcesses, TowerProcess } from "./tower_process.ts";

/**
 * Finds the adapters that processes can be pinned to, all of the kind of the preferred one. Where the
 * environment names several drivers, each is tried in a process, if processes may be started.
 *
 * @throws {AdapterError} if there is none
 */
export async function findPins(preference: AdapterPreference): Promise<Pins> {
  const { pins, notes } = await suggestedPins(preference);
  const { kept, left } = await tried(pins, preference);
  const more = left.map(({ label }) =>
    `${label} is left out, as it has no adapter of the kind that is preferred`
  );
  return {
    pins: kept.length > 1 ? kept : await pinsByPreference(preference),
    notes: [...notes, ...more],
  };
}

/** Drivers with an adapter of the preferred kind, and others; of cards it is known that they can be opened. */
async function tried(
  pins: readonly Pin[],
  preference: AdapterPreference,
): Promise<{ kept: readonly Pin[]; left: readonly Pin[] }> {
  const isDriver = pins.some(({ env }) => "VK_DRIVER_FILES" in env);
  if (!isDriver || !mayStartProcesses()) return { kept: pins, left: [] };
  const { kind } = describeAdapter(await requestAdapter(preference));
  const kinds = await Promise.all(pins.map(kindBehind));
  return {
    kept: pins.filter((_, i) => kinds[i] === kind),
    left: pins.filter((_, i) => kinds[i] !== kind),
  };
}

/** What kind of adapter a process with a pin opens, if it does. */
async function kindBehind(pin: Pin): Promise<AdapterKind | undefined> {
  try {
    using process = await TowerProcess.start(pin);
    return process.target.kind;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
  }
}
