import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type MachineFacts, planSetup } from "../../lib/commands/setup_plan.ts";
import config from "../../deno.json" with { type: "json" };

const debian: MachineFacts = {
  os: "linux",
  osRelease: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
  isRoot: true,
  hasAptGet: true,
  hasSudo: false,
};

const install = [
  "install",
  "-y",
  "-q",
  "--no-install-recommends",
  "mesa-vulkan-drivers",
  "libvulkan1",
];

function commandsFor(facts: Partial<MachineFacts>): readonly (readonly string[])[] {
  const plan = planSetup({ ...debian, ...facts });
  return plan.kind === "install" ? plan.commands : [];
}

Deno.test("root on Debian and its children installs with apt-get", () => {
  const expected = [["apt-get", "update", "-q"], ["apt-get", ...install]];
  assertEquals(commandsFor({}), expected);
  assertEquals(commandsFor({ osRelease: 'ID=ubuntu\nID_LIKE="debian"\n' }), expected);
  assertEquals(commandsFor({ osRelease: 'ID=linuxmint\nID_LIKE="ubuntu debian"\n' }), expected);
});

Deno.test("a user installs through sudo where that asks for no password", () => {
  assertEquals(commandsFor({ isRoot: false, hasSudo: true }), [
    ["sudo", "-n", "apt-get", "update", "-q"],
    ["sudo", "-n", "apt-get", ...install],
  ]);
});

Deno.test("where nothing may be installed, nothing is", () => {
  assertEquals(commandsFor({ isRoot: false }), []);
  assertEquals(commandsFor({ hasAptGet: false }), []);
  assertEquals(commandsFor({ osRelease: "ID=fedora\n" }), []);
  assertEquals(commandsFor({ osRelease: "" }), []);
  assertEquals(commandsFor({ os: "darwin" }), []);
  assertEquals(commandsFor({ os: "windows" }), []);
});

Deno.test("the message has the exact command of the platform", () => {
  const driver = "Cannot use WebGPU: needs a Vulkan driver, got none; ";
  const apt = "apt-get update && apt-get install -y mesa-vulkan-drivers libvulkan1";
  const cases: [Partial<MachineFacts>, string][] = [
    [{}, `${driver}install one with: ${apt}`],
    [{ isRoot: false }, `${driver}install one with: sudo ${apt.replace("&& ", "&& sudo ")}`],
    [
      { osRelease: "ID=fedora\n" },
      `${driver}install one with: dnf install -y mesa-vulkan-drivers vulkan-loader`,
    ],
    [
      { osRelease: 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', isRoot: false },
      `${driver}install one with: sudo dnf install -y mesa-vulkan-drivers vulkan-loader`,
    ],
    [
      { osRelease: "ID=arch\n", isRoot: false },
      `${driver}install one with: sudo pacman -S --noconfirm vulkan-swrast vulkan-icd-loader`,
    ],
    [
      { osRelease: "ID=alpine\n" },
      `${driver}install one with: apk add mesa-vulkan-swrast vulkan-loader`,
    ],
    [
      { osRelease: "ID=toString\n" },
      `${driver}install the Vulkan loader and a driver with the system's package manager (Mesa's lavapipe needs no graphics card)`,
    ],
    [
      { os: "darwin" },
      "Cannot use WebGPU: needs Metal, which is part of macOS, got no adapter; update the system and its graphics driver, and leave virtual machines without a display card",
    ],
  ];
  for (const [facts, message] of cases) {
    assertEquals(planSetup({ ...debian, ...facts }).message, message);
  }
});

/** Runs the task's own command, with its permissions; without any to install, where that is asked. */
async function setup(
  env: Record<string, string>,
  { mayInstall }: { mayInstall: boolean },
): Promise<{ code: number; output: string; seconds: number }> {
  const [program, ...args] = config.tasks.setup.command.split(" ");
  assertEquals(program, "deno");
  const start = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: args.filter((arg) => mayInstall || !arg.startsWith("--allow-run")),
    cwd: fromFileUrl(new URL("../..", import.meta.url)),
    env: { ...env, DENO_NO_PROMPT: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  return { code, output, seconds: (performance.now() - start) / 1000 };
}

Deno.test("setup is silent and quick where there is an adapter", async () => {
  const { code, output, seconds } = await setup({}, { mayInstall: true });
  assertEquals([code, output], [0, ""]);
  assertEquals(seconds < 5, true, `took ${seconds} s`);
});

Deno.test("setup fails with one sentence where there is no adapter and it may not install", {
  ignore: Deno.build.os !== "linux", // Elsewhere the driver cannot be hidden.
}, async () => {
  const noDriver = { VK_DRIVER_FILES: "/nonexistent", DENO_WEBGPU_BACKEND: "vulkan" };
  const { code, output } = await setup(noDriver, { mayInstall: false });
  assertEquals(code, 1);
  assertStringIncludes(output, "Cannot use WebGPU: needs a Vulkan driver, got none; ");
  assertEquals(output.trimEnd().split("\n").length, 1, output);
});
