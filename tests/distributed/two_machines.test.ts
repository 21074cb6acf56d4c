// Two machines in one: a network namespace and a host name each, with a cable between them, and a
// program that the launchers take for ssh. Needs root.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { end } from "./ends.ts";
import { findInstalled, type InstalledLauncher, launch, ranksOf } from "./launchers.ts";

const [a, b] = [`tower-a-${Deno.pid}`, `tower-b-${Deno.pid}`];
const [addressA, addressB] = ["10.77.0.1", "10.77.0.2"];

async function ip(...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command("ip", { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const permitted = Deno.build.os === "linux" && Deno.uid() === 0 && await ip("netns", "add", a) &&
  await ip("netns", "del", a);

/** Runs `work` with the two machines there. */
async function withMachines(work: (agent: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const machine of [a, b]) assert(await ip("netns", "add", machine));
    const ends = ["type", "veth", "peer", "name", "cable", "netns", b];
    assert(await ip("-n", a, "link", "add", "cable", ...ends));
    for (const [machine, address] of [[a, addressA], [b, addressB]]) {
      assert(await ip("-n", machine, "addr", "add", `${address}/24`, "dev", "cable"));
      for (const name of ["lo", "cable"]) {
        assert(await ip("-n", machine, "link", "set", name, "up"));
      }
    }
    const agent = join(dir, "agent.sh");
    await Deno.writeTextFile(
      agent,
      `#!/bin/sh
# agent.sh [OPTIONS] ADDRESS COMMAND: what ssh does
while [ "\${1#-}" != "$1" ]; do shift; done
case "$1" in ${addressA}) machine=${a};; ${addressB}) machine=${b};; *) exit 1;; esac
shift
exec ip netns exec $machine unshare --uts sh -c "hostname $machine; $*"
`,
      { mode: 0o755 },
    );
    await work(agent);
  } finally {
    for (const machine of [a, b]) await ip("netns", "del", machine);
    await Deno.remove(dir, { recursive: true });
  }
}

const hosts = `${addressA}:2,${addressB}:2`;
const options = {
  "Open MPI": (agent: string) => [
    ...["--mca", "plm_rsh_agent", agent, "-H", hosts, "--bind-to", "none"],
    ...["--mca", "btl_tcp_if_include", "cable", "--mca", "oob_tcp_if_include", "cable"],
  ],
  "MPICH": (agent: string) => [
    ...["-launcher", "ssh", "-launcher-exec", agent, "-iface", "cable", "-hosts", hosts],
  ],
};

for (const name of ["Open MPI", "MPICH"] as const) {
  const installed = findInstalled(name)!;
  const what = "ranks on two machines agree to the bit, and end together";
  Deno.test({
    name: !installed
      ? `${name} is not installed, so not tested: ${what}`
      : !permitted
      ? `network namespaces cannot be made here, so not tested: ${name}: ${what}`
      : `${name}: ${what}`,
    ignore: !installed || !permitted,
    fn: () =>
      withMachines(async (agent) => {
        const inside = ["netns", "exec", a, "unshare", "--uts"];
        const shell = ["sh", "-c", `hostname ${a}; exec "$0" "$@"`, installed.program];
        const launcher: InstalledLauncher = {
          program: "ip",
          options: [...inside, ...shell, ...options[name](agent)],
          env: installed.env,
        };
        const run = { ranks: 4, tasks: ["sums"] };
        const { code, out, err } = await launch(launcher, run);
        assertEquals(code, 0, err);
        const places = ranksOf(out).map((rank) => [rank.machine, rank.localRank, rank.localSize]);
        assertEquals(places, [[a, 0, 2], [a, 1, 2], [b, 0, 2], [b, 1, 2]]);

        const { seconds, told } = await end(launcher, { signal: "SIGKILL", victim: "a rank" });
        assert(seconds < 10, `${seconds.toFixed(1)} s`);
        assertMatch(told, /signal 9|EXIT CODE: 9/);
      }),
  });
}
