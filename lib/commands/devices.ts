/**
 * `devices`: what adapters there are and how fast they are.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import {
  AdapterError,
  type AdapterPreference,
  describeAdapter,
  requestAdapter,
} from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import { measureCopyBandwidth, measureMultiplyAdds } from "../gpu/measure.ts";

const preferences: readonly AdapterPreference[] = ["high-performance", "low-power", "software"];

const shownLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

/** The command. */
export const command: Command<Record<never, never>> = {
  name: "devices",
  summary: "List the adapters with their limits, features and measured speed",
  flags: {},
  async run(_flags, io) {
    const byName = new Map<string, { adapter: GPUAdapter; preferences: AdapterPreference[] }>();
    for (const preference of preferences) {
      const adapter = await requestAdapter(preference).catch((error) => {
        if (!(error instanceof AdapterError)) throw error;
      });
      if (!adapter) continue;
      const { name } = describeAdapter(adapter);
      const known = byName.get(name);
      if (known) known.preferences.push(preference);
      else byName.set(name, { adapter, preferences: [preference] });
    }
    // Says what is missing, and how to get it.
    if (byName.size === 0) await requestAdapter();
    for (const [name, { adapter, preferences }] of byName) {
      io.signal.throwIfAborted();
      const { kind } = describeAdapter(adapter);
      const { vendor, device, architecture } = adapter.info;
      io.log(name);
      io.log(`  type        ${kind === "software" ? "software (runs on the processor)" : "gpu"}`);
      io.log(
        `  driver      vendor ${vendor || "?"}, device ${device || "?"}, ${
          architecture || "no architecture given"
        }`,
      );
      io.log(`  --adapter   ${preferences.join(", ")}`);
      for (const limit of shownLimits) {
        io.log(`  ${limit}  ${adapter.limits[limit].toLocaleString("en")}`);
      }
      io.log(`  features    ${[...adapter.features].sort().join(" ")}`);
      using opened = await Device.open({ adapter: preferences[0] });
      io.log(`  copies      ${(await measureCopyBandwidth(opened)).toFixed(1)} GB/s`);
      io.log(
        `  computes    ${
          (await measureMultiplyAdds(opened)).toFixed(0)
        } GFLOP/s (plain f32 multiply-adds)`,
      );
    }
  },
};
