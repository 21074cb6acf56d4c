/**
 * `devices`: what adapters there are and how fast they are.
 *
 * @module
 */
import type { Command, Io } from "../cli/command.ts";
import { integer } from "../cli/flag_types.ts";
import {
  AdapterError,
  type AdapterPreference,
  describeAdapter,
  requestAdapter,
} from "../gpu/adapter.ts";
import { Device } from "../gpu/device.ts";
import { measureCopyBandwidth, measureMultiplyAdds } from "../gpu/measure.ts";
import { findPins } from "../train/find_pins.ts";

const preferences: readonly AdapterPreference[] = ["high-performance", "low-power", "software"];

const shownLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

const flags = {
  "num-gpus": integer({
    help: "Say where this many towers would run (default one on each adapter)",
    alias: "towers",
    min: 1,
    max: 1024,
  }),
};

/** The command. */
export const command: Command<typeof flags> = {
  name: "devices",
  summary: "List the adapters with their limits, features and measured speed",
  flags,
  async run(flags, io) {
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
      const rows: [string, string][] = [
        ["type", kind === "software" ? "software (runs on the processor)" : "gpu"],
        ["driver", `vendor ${vendor || "?"}, device ${device || "?"} ${architecture}`.trim()],
        ["--adapter", preferences.join(", ")],
        ...shownLimits.map((limit): [string, string] => [
          limit,
          adapter.limits[limit].toLocaleString("en"),
        ]),
        ["features", [...adapter.features].sort().join(" ")],
      ];
      using opened = await Device.open({ adapter: preferences[0] });
      rows.push(
        ["copies", `${(await measureCopyBandwidth(opened)).toFixed(1)} GB/s`],
        [
          "computes",
          `${(await measureMultiplyAdds(opened)).toFixed(0)} GFLOP/s (f32 multiply-adds)`,
        ],
      );
      const width = Math.max(...rows.map(([what]) => what.length));
      io.log(name);
      for (const [what, value] of rows) io.log(`  ${what.padEnd(width)}  ${value}`);
    }
    await sayPlacement(flags.numGpus, io);
  },
};

/** What `train --num-gpus` would do with the adapters. */
async function sayPlacement(numGpus: number | undefined, io: Io): Promise<void> {
  const { pins, notes } = await findPins("high-performance");
  const towers = numGpus ?? pins.length;
  io.log("");
  io.log(`train --num-gpus=${towers} places`);
  for (let t = 0; t < towers; t++) {
    io.log(`  tower ${t} on ${pins[t % pins.length].label}`);
  }
  for (const note of notes) io.log(`${note}.`);
}
