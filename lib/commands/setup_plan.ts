/**
 * What to do on a machine that has no WebGPU adapter.
 *
 * @module
 */

/** What the decision rests on. */
export interface MachineFacts {
  /** The operating system. */
  readonly os: typeof Deno.build.os;
  /** The text of `/etc/os-release`; empty where there is none. */
  readonly osRelease: string;
  /** Whether the user is root. */
  readonly isRoot: boolean;
  /** Whether `apt-get` can be run. */
  readonly hasAptGet: boolean;
  /** Whether `sudo` works without asking for a password. */
  readonly hasSudo: boolean;
}

/** Either commands to run, or only words. */
export type SetupPlan =
  | {
    readonly kind: "install";
    /** Said before the first command. */
    readonly announcement: string;
    /** Run in order. */
    readonly commands: readonly (readonly string[])[];
    /** Said if that fails or does not help. */
    readonly message: string;
  }
  | { readonly kind: "tell"; readonly message: string };

const aptPackages = ["mesa-vulkan-drivers", "libvulkan1"];

/** Mesa's software driver and the Vulkan loader, by family of distributions. */
const installCommands: Readonly<Record<string, string>> = {
  debian: `apt-get update && apt-get install -y ${aptPackages.join(" ")}`,
  fedora: "dnf install -y mesa-vulkan-drivers vulkan-loader",
  arch: "pacman -S --noconfirm vulkan-swrast vulkan-icd-loader",
  alpine: "apk add mesa-vulkan-swrast vulkan-loader",
};

/** Decides; runs nothing. */
export function planSetup(facts: MachineFacts): SetupPlan {
  if (facts.os === "darwin") return missingBuiltIn("Metal, which is part of macOS");
  if (facts.os === "windows") return missingBuiltIn("DX12, which is part of Windows");

  const family = familyOf(facts.osRelease);
  const message = missingDriver(family, facts.isRoot);
  const mayInstall = facts.isRoot || facts.hasSudo;
  if (family !== "debian" || !facts.hasAptGet || !mayInstall) return { kind: "tell", message };
  const prefix = facts.isRoot ? [] : ["sudo", "-n"];
  return {
    kind: "install",
    announcement: `There is no WebGPU adapter: installing Mesa's software driver (${
      aptPackages.join(", ")
    }).`,
    commands: [
      [...prefix, "apt-get", "update", "-q"],
      [...prefix, "apt-get", "install", "-y", "-q", "--no-install-recommends", ...aptPackages],
    ],
    message,
  };
}

function missingDriver(family: string | undefined, isRoot: boolean): SetupPlan["message"] {
  const what = "Cannot use WebGPU: needs a Vulkan driver, got none; ";
  if (family === undefined) {
    return what + "install the Vulkan loader and a driver with the system's package manager " +
      "(Mesa's lavapipe needs no graphics card)";
  }
  const command = isRoot
    ? installCommands[family]
    : installCommands[family].replaceAll(/(^|&& )/g, "$1sudo ");
  return `${what}install one with: ${command}`;
}

function missingBuiltIn(driver: string): SetupPlan {
  return {
    kind: "tell",
    message: `Cannot use WebGPU: needs ${driver}, got no adapter; ` +
      "update the system and its graphics driver, and leave virtual machines without a display card",
  };
}

/** The distribution or the first of its parents that has an entry in the table. */
function familyOf(osRelease: string): string | undefined {
  const field = (name: string) =>
    osRelease.match(new RegExp(`^${name}="?([^"\n]*)"?$`, "m"))?.[1] ?? "";
  const names = `${field("ID")} ${field("ID_LIKE")}`.split(" ");
  return names.find((name) => Object.hasOwn(installCommands, name));
}
