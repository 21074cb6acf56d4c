/** The kernel variants that a test goes through. */
import type { Device } from "../../lib/gpu/device.ts";
import type { Variants } from "../../lib/gpu/recorder.ts";

/** A way to compute a layer. */
export interface Way {
  readonly name: string;
  /** Without them the adapter takes what suits it best. */
  readonly variants?: Variants;
}

/** What the adapter takes by itself. */
export const preferred: Way = { name: "the way that suits the adapter" };

/** Makes a step of each way that the adapter has; the others are skipped. */
export async function eachWay(
  t: Deno.TestContext,
  { device, ways }: { device: Device; ways: readonly Way[] },
  fn: (way: Way) => Promise<void>,
): Promise<void> {
  for (const way of ways) {
    const ignore = !device.subgroups && Object.values(way.variants ?? {}).includes("subgroup");
    const name = way.name + (ignore ? " (skipped: the adapter has no subgroups)" : "");
    await t.step({ name, ignore, fn: () => fn(way) });
  }
}
