import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { findPins } from "../../lib/train/find_pins.ts";
import { openDevice } from "../support/device.ts";
import { inTemporary } from "../support/temporary.ts";
import { softwareManifest, twoAdapters } from "../support/two_adapters.ts";

Deno.test("on this machine there is at least one adapter to pin", async () => {
  using device = await openDevice();
  const { pins } = await findPins(device.kind === "software" ? "software" : "high-performance");
  assertEquals(pins.every(({ label }) => label !== ""), true);
  assertEquals(pins.some(({ label }) => label === device.summary.name), pins.length === 1);
});

Deno.test({
  name: "of several drivers those are taken that have an adapter of the preferred kind",
  ignore: !softwareManifest,
  fn: () =>
    inTemporary(async (dir) => {
      const { VK_DRIVER_FILES: two } = await twoAdapters(dir);
      const none = join(dir, "none.json");
      const ICD = { library_path: join(dir, "none.so"), api_version: "1.3.0" };
      await Deno.writeTextFile(none, JSON.stringify({ file_format_version: "1.0.0", ICD }));
      const before = Deno.env.get("VK_DRIVER_FILES");
      try {
        Deno.env.set("VK_DRIVER_FILES", `${none}:${two}`);
        const { pins, notes } = await findPins("high-performance");
        assertEquals(pins.map(({ label }) => label), two.split(":"));
        assertEquals(notes, [
          `${none} is left out, as it has no adapter of the kind that is preferred`,
        ]);
      } finally {
        if (before === undefined) Deno.env.delete("VK_DRIVER_FILES");
        else Deno.env.set("VK_DRIVER_FILES", before);
      }
    }),
});
