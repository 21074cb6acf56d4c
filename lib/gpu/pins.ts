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
import { type Card, listCards, listFolder } from "./cards.ts";

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

/** What is looked at on Linux. */
export interface LinuxFacts {
  /** The driver manifests that the environment names. */
  readonly manifests: readonly string[];
  /** The cards that this process may open, or nothing if they may not be listed. */
  readonly cards?: readonly Card[];
  /** Whether Mesa's device-select layer is installed. */
  readonly deviceSelect: boolean;
}

/**
 * The pins that the environment of this process and the machine suggest, untried; none where there is nothing
 * to tell apart but what {@linkcode pinsByPreference} does.
 *
 * @throws {AdapterError} if there is no adapter
 */
export async function suggestedPins(preference: AdapterPreference): Promise<Pins> {
  const nothing: Pins = { pins: [], notes: [] };
  if (Deno.build.os !== "linux" || preference === "software") return nothing;
  const facts = linuxFacts();
  const { kind } = describeAdapter(await requestAdapter(preference));
  // Cards without a driver are no adapters.
  const found = pinsOnLinux(kind === "software" ? { ...facts, cards: [] } : facts, preference);
  return found.pins.length > 1 ? found : { ...nothing, notes: found.notes };
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

/**
 * One for each adapter of one kind that the preferences give in this process, the preferred one first.
 *
 * @throws {AdapterError} if there is none
 */
export async function pinsByPreference(preference: AdapterPreference): Promise<Pin[]> {
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

function readEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
