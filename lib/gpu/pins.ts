/**
 * Which adapters this machine has, and how a new process is made to see one of them only.
 *
 * A process cannot tell identical cards apart: it is given one by each preference. Only the environment
 * that a process starts with can hide the others from it, and only on Linux.
 *
 * @module
 */
import { programLine } from "../started.ts";
import { type AdapterPreference, describeAdapter, requestAdapter } from "./adapter.ts";

/** What makes a new process see one adapter. */
export interface Pin {
  /** What it is told apart by. */
  readonly label: string;
  /** Which adapter to ask for, of those that the process sees. */
  readonly adapter: AdapterPreference;
  /** Variables of its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** The adapters that can be told apart. */
export interface Pins {
  /** One for each, at least one if there is any adapter. */
  readonly pins: readonly Pin[];
  /** What could not be told apart, and what would help; sentences. */
  readonly notes: readonly string[];
}

/** A graphics card as the PCI bus lists it. */
export interface Card {
  /** Its address, such as `0000:49:00.0`. */
  readonly address: string;
  /** Its vendor and model, such as `10de:2330`. */
  readonly model: string;
}

/** What is looked at on Linux. */
export interface LinuxFacts {
  /** The driver manifests that the environment names. */
  readonly manifests: readonly string[];
  /** The cards of vendors that make Vulkan adapters, or nothing if they may not be listed. */
  readonly cards?: readonly Card[];
  /** Whether Mesa's device-select layer is installed. */
  readonly deviceSelect: boolean;
}

/**
 * Finds the adapters that processes can be pinned to.
 *
 * @throws {AdapterError} if there is none
 */
export async function findPins(preference: AdapterPreference): Promise<Pins> {
  const found = Deno.build.os === "linux" && preference !== "software"
    ? pinsOnLinux(linuxFacts(), preference)
    : { pins: [], notes: [] };
  if (found.pins.length > 1) return found;
  return { pins: await pinsByPreference(preference), notes: found.notes };
}

/** On Linux: by driver manifest where the environment names several, else by card. */
export function pinsOnLinux(
  { manifests, cards, deviceSelect }: LinuxFacts,
  adapter: AdapterPreference,
): Pins {
  if (manifests.length > 1) {
    const pins = manifests.map((manifest): Pin => ({
      label: manifest,
      adapter,
      env: { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest },
    }));
    return { pins, notes: [] };
  }
  if (!cards) {
    const note =
      "Cards of one kind can be told apart only with -A, since Deno lets no others list " +
      `them: \`${programLine()}\``;
    return { pins: [], notes: [note] };
  }
  if (cards.length < 2) return { pins: [], notes: [] };
  if (!deviceSelect) {
    const note = `This machine has ${cards.length} graphics cards, but processes cannot be told ` +
      "which to use without Mesa's device-select layer: install mesa-vulkan-drivers";
    return { pins: [], notes: [note] };
  }
  const pins = cards.map(({ address }): Pin => ({
    label: address,
    adapter,
    env: { DRI_PRIME: `pci-${address.replaceAll(/[:.]/g, "_")}!` },
  }));
  return { pins, notes: [] };
}

/** One for each adapter that the preferences give in this process, the preferred one first. */
async function pinsByPreference(preference: AdapterPreference): Promise<Pin[]> {
  const first = await requestAdapter(preference);
  const pins = new Map<string, Pin>();
  const add = (adapter: GPUAdapter, preference: AdapterPreference) => {
    const { name, kind } = describeAdapter(adapter);
    // A driver on the processor is no help to a card.
    if (kind !== describeAdapter(first).kind || pins.has(name)) return;
    pins.set(name, { label: name, adapter: preference, env: {} });
  };
  add(first, preference);
  if (preference === "software") return [...pins.values()];
  for (const other of ["high-performance", "low-power"] as const) {
    add(await requestAdapter(other), other);
  }
  return [...pins.values()];
}

/** Vendors whose display controllers are Vulkan adapters; servers have others, for their consoles. */
const vendors = ["10de", /* NVIDIA */ "1002", /* AMD */ "8086" /* Intel */];

const layerFolders = ["/usr/share", "/usr/local/share", "/etc"].map((folder) =>
  `${folder}/vulkan/implicit_layer.d`
);

function linuxFacts(): LinuxFacts {
  const named = readEnvironment("VK_DRIVER_FILES") ?? readEnvironment("VK_ICD_FILENAMES") ?? "";
  return {
    manifests: named.split(":").filter((name) => name !== ""),
    cards: listCards(),
    deviceSelect: layerFolders.flatMap(listFolder).some((name) => /device_select/i.test(name)),
  };
}

function listCards(): Card[] | undefined {
  const pci = "/sys/bus/pci/devices";
  const read = (address: string, what: string) =>
    Deno.readTextFileSync(`${pci}/${address}/${what}`).trim().replace("0x", "");
  try {
    return listFolder(pci)
      .filter((address) => read(address, "class").startsWith("03"))
      .map((address) => ({
        address,
        model: `${read(address, "vendor")}:${read(address, "device")}`,
      }))
      .filter(({ model }) => vendors.includes(model.split(":")[0]));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** The names in a folder by order, none if there is no such folder. */
function listFolder(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function readEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
