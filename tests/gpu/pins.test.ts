import { assertEquals, assertStringIncludes } from "@std/assert";
import { pinsOnLinux } from "../../lib/gpu/pins.ts";

const cards = [
  { address: "0000:49:00.0", model: "10de:2330" },
  { address: "0001:ca:00.0", model: "10de:2330" },
];

Deno.test("several driver manifests are an adapter each, whatever the cards", () => {
  const manifests = ["/a.json", "/b.json"];
  const { pins, notes } = pinsOnLinux({ manifests, cards, deviceSelect: true }, "low-power");
  assertEquals(notes, []);
  assertEquals(
    pins,
    manifests.map((label) => ({
      label,
      adapter: "low-power",
      env: { VK_DRIVER_FILES: label, VK_ICD_FILENAMES: label },
    })),
  );
});

Deno.test("identical cards are told apart by their addresses", () => {
  const { pins } = pinsOnLinux({ manifests: [], cards, deviceSelect: true }, "high-performance");
  assertEquals(pins.map(({ label, env }) => [label, env]), [
    ["0000:49:00.0", { DRI_PRIME: "pci-0000_49_00_0!" }],
    ["0001:ca:00.0", { DRI_PRIME: "pci-0001_ca_00_0!" }],
  ]);
});

Deno.test("what cannot be told apart is said, with what would help", () => {
  const noLayer = pinsOnLinux({ manifests: [], cards, deviceSelect: false }, "high-performance");
  assertEquals(noLayer.pins, []);
  assertStringIncludes(noLayer.notes.join(), "has 2 graphics cards");
  assertStringIncludes(noLayer.notes.join(), "install mesa-vulkan-drivers");
  const hidden = pinsOnLinux({ manifests: [], deviceSelect: true }, "high-performance");
  assertStringIncludes(hidden.notes.join(), "only with -A");
});

Deno.test("one card, or none, needs no pin and no note", () => {
  for (const few of [[], cards.slice(0, 1)]) {
    const facts = { manifests: ["/one.json"], cards: few, deviceSelect: false };
    assertEquals(pinsOnLinux(facts, "high-performance"), { pins: [], notes: [] });
  }
});
