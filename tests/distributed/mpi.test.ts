// Ranks of real libraries, started by their real launchers. What is not installed is skipped, and the
// name of the test says so.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { end } from "./ends.ts";
import { findInstalled, type Implementation, launch, ranksOf } from "./launchers.ts";

const libraries: Record<Implementation, RegExp> = {
  "Open MPI": /^Open MPI v\d/,
  "MPICH": /^MPICH \d/,
};

const launchers = { "Open MPI": findInstalled("Open MPI"), "MPICH": findInstalled("MPICH") };

for (const name of Object.keys(libraries) as Implementation[]) {
  const launcher = launchers[name]!;
  const test = (what: string, fn: () => Promise<void>) =>
    Deno.test({
      name: launcher ? `${name}: ${what}` : `${name} is not installed, so not tested: ${what}`,
      ignore: !launcher,
      fn,
    });

  for (const ranks of [2, 4]) {
    const tasks = [
      "sums",
      "broadcast",
      ...(ranks === 2 ? ["sharedMemory", "misuse", "waits"] : []),
    ];
    test(`${ranks} ranks agree to the bit with the plain loop over ranks`, async () => {
      const { code, out, err } = await launch(launcher, { ranks, tasks });
      assertEquals([code, err], [0, ""], out);
      const told = ranksOf(out);
      const { library, machine } = told[0];
      assertMatch(library, libraries[name]);
      const places = Array.from(
        { length: ranks },
        (_, rank) => ({ rank, size: ranks, localRank: rank, localSize: ranks, machine, library }),
      );
      assertEquals(told, places);
    });
  }

  test("an error of one rank is told and ends all", async () => {
    const { code, err } = await launch(launcher, { ranks: 3, tasks: ["fail"] });
    assert(code !== 0);
    assertStringIncludes(err, "this rank is out of luck");
  });

  test("a rank that exits early ends all, even with code 0", async () => {
    assertEquals((await launch(launcher, { ranks: 3, tasks: ["leave"] })).code, 1);
  });

  test("abort ends all with its code", async () => {
    assertEquals((await launch(launcher, { ranks: 3, tasks: ["abort"] })).code, 42);
  });

  for (const victim of ["a rank", "the launcher"] as const) {
    const signal = victim === "a rank" ? "SIGKILL" : "SIGINT";
    test(`${signal} to ${victim} ends all within 10 seconds`, async () => {
      const { seconds, told } = await end(launcher, { signal, victim });
      assert(seconds < 10, `${seconds.toFixed(1)} s`);
      if (victim === "a rank") assertMatch(told, /signal 9/);
    });
  }

  const other = name === "MPICH" ? "libmpi.so.40" : "libmpich.so.12";
  const both = launchers["Open MPI"] && launchers["MPICH"] && Deno.build.os === "linux";
  Deno.test({
    name: both
      ? `${name}'s launcher with the other library is found out`
      : `Open MPI and MPICH are not both installed, so not tested: ${name}'s with the other's library`,
    ignore: !both,
    fn: async () => {
      const env = { TOWER_MPI_LIBRARY: other };
      const { code, err } = await launch(launcher, { ranks: 2, tasks: ["sums"], env });
      assert(code !== 0);
      const starter = name === "MPICH" ? "mpiexec" : "mpirun";
      assertStringIncludes(err, `LaunchError: Cannot join the 2 ranks that ${starter} started: `);
      assertStringIncludes(err, `(${other}) sees only this one; start with the launcher of that`);
    },
  });
}
