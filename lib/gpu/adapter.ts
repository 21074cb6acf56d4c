/**
 * Finding an adapter and saying what it is.
 *
 * @module
 */

import type { AdapterKind } from "../../kernels/kernel.ts";
import { commandLine } from "../started.ts";
import { inDriverEnvironment } from "./environment.ts";

export type { AdapterKind };

/** Which adapter to ask for; `software` is a driver that runs on the processor. */
export type AdapterPreference = "high-performance" | "low-power" | "software";

/** There is no adapter, or not the one asked for. */
export class AdapterError extends Error {
  /** The name of the class. */
  override readonly name: string = "AdapterError";
}

/** An adapter as people want to read about it. */
export interface AdapterSummary {
  /** The driver's own description, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** Whether it is a processor or a graphics card. */
  readonly kind: AdapterKind;
  /** Vendor, device and driver words as far as the platform gives them. */
  readonly vendor: string;
}

/** Reads an adapter's name and kind. */
export function describeAdapter(adapter: GPUAdapter): AdapterSummary {
  const { description, device, vendor, architecture } = adapter.info;
  const name = description || device || architecture || "unnamed adapter";
  const software = adapter.info.isFallbackAdapter ||
    /llvmpipe|lavapipe|swiftshader|basic render|software/i.test(name);
  return { name, kind: software ? "software" : "gpu", vendor };
}

/**
 * Asks for an adapter.
 *
 * @throws {AdapterError} if there is none, or if `software` was asked for and only a card answers
 */
export async function requestAdapter(
  preference: AdapterPreference = "high-performance",
): Promise<GPUAdapter> {
  const gpu: GPU | undefined = navigator.gpu;
  if (!gpu) {
    throw new AdapterError(
      "Cannot find WebGPU: needs Deno 2.2 or newer, or a browser with WebGPU, got a runtime without `navigator.gpu`",
    );
  }
  const adapter = await inDriverEnvironment(() =>
    gpu.requestAdapter(
      preference === "software" ? { forceFallbackAdapter: true } : { powerPreference: preference },
    )
  );
  if (!adapter) {
    throw new AdapterError(
      `Cannot find a WebGPU adapter: needs a Vulkan, Metal or DX12 driver, got none for "${preference}"; ` +
        `run \`${commandLine("setup")}\`, which installs a software driver or says how to`,
    );
  }
  if (preference === "software" && describeAdapter(adapter).kind !== "software") {
    throw new AdapterError(
      `Cannot use a software adapter: none is installed, got "${describeAdapter(adapter).name}"; ` +
        "install Mesa's lavapipe or choose another --adapter",
    );
  }
  return adapter;
}

/**
 * Whether there is any adapter.
 *
 * @example
 * ```ts
 * import { Device, hasAdapter } from "@tower/nn";
 *
 * if (await hasAdapter()) {
 *   using device = await Device.open({ adapter: "low-power" });
 *   console.log(device.summary.name);
 * }
 * ```
 */
export async function hasAdapter(): Promise<boolean> {
  try {
    await requestAdapter();
    return true;
  } catch (error) {
    if (error instanceof AdapterError) return false;
    throw error;
  }
}
