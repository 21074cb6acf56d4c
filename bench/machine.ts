/**
 * What a benchmark ran on.
 *
 * @module
 */
import { describeAdapter, requestAdapter } from "../lib/gpu/adapter.ts";

/** Processor, adapter and versions, a line each, and how busy the machine was with other things. */
export async function machineFacts(): Promise<string[]> {
  const cpu = await cpuModel();
  const [load] = Deno.loadavg();
  const adapter = describeAdapter(await requestAdapter());
  return [
    `processor  ${cpu}, ${navigator.hardwareConcurrency} cores`,
    `adapter    ${adapter.name} (${adapter.kind})`,
    `versions   Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${Deno.build.target}`,
    `load       ${load.toFixed(2)} before the start` +
    (load > 0.5 ? ": other programs run here, so times are too long" : ""),
  ];
}

async function cpuModel(): Promise<string> {
  const { os, arch } = Deno.build;
  if (os !== "linux") return arch;
  const [, model] = (await Deno.readTextFile("/proc/cpuinfo")).match(/^model name\s*:\s*(.*)$/m) ??
    [];
  return model ?? arch;
}

/** A Python that has PyTorch: the one named, else `python3`, else the system's; or nothing. */
export async function pythonWithTorch(named?: string): Promise<string | undefined> {
  for (const python of named ? [named] : ["python3", "/usr/bin/python3"]) {
    const command = new Deno.Command(python, {
      args: ["-c", "import numpy, torch"],
      stdout: "null",
      stderr: "null",
    });
    const { success } = await command.output().catch(() => ({ success: false }));
    if (success) return python;
  }
}

/** Where `torch_recipe.py` lies. */
export const torchRecipe: string = new URL("torch_recipe.py", import.meta.url).pathname;
