import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { listCards } from "../../lib/gpu/cards.ts";
import { inTemporary } from "../support/temporary.ts";

/** Writes files, with all folders on the way to them. */
async function write(root: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(root, name, ".."), { recursive: true });
    await Deno.writeTextFile(join(root, name), text);
  }
}

/** How the PCI bus lists a controller. */
const device = (address: string, [type, vendor, device]: string[]) =>
  Object.fromEntries(
    Object.entries({ class: type, vendor, device }).map(([name, id]) => [
      `sys/bus/pci/devices/${address}/${name}`,
      `0x${id}\n`,
    ]),
  );

const ignore = Deno.build.os !== "linux";

Deno.test(
  "in a container those cards count that it was given",
  { ignore },
  () =>
    inTemporary(async (root) => {
      const information = (minor: number) => `Model: \t\t NVIDIA H100\nDevice Minor: \t ${minor}\n`;
      await write(root, {
        ...device("0000:19:00.0", ["030200", "10de", "2330"]),
        ...device("0000:3b:00.0", ["030200", "10de", "2330"]),
        ...device("0000:4c:00.0", ["030200", "10de", "2330"]),
        ...device("0000:5d:00.0", ["030000", "1002", "744c"]),
        ...device("0000:6e:00.0", ["030000", "1002", "744c"]),
        ...device("0000:7f:00.0", ["030000", "1a03", "2000"]), // the console of a server
        ...device("0000:8a:00.0", ["020000", "8086", "1572"]), // a network card
        "proc/driver/nvidia/gpus/0000:19:00.0/information": information(0),
        "proc/driver/nvidia/gpus/0000:3b:00.0/information": information(1),
        "dev/nvidia1": "",
        "sys/bus/pci/devices/0000:5d:00.0/drm/renderD128/dev": "",
        "sys/bus/pci/devices/0000:6e:00.0/drm/renderD129/dev": "",
        "dev/dri/renderD129": "",
      });
      assertEquals(listCards(root), [
        { address: "0000:3b:00.0", model: "10de:2330" },
        { address: "0000:6e:00.0", model: "1002:744c" },
      ]);
      assertEquals(listCards(join(root, "nowhere")), []);
    }),
);
