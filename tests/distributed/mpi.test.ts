// Ranks of real libraries, started by their real launchers. What is not installed is skipped, and the
// name of the test says so.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { findInstalled, type Implementation, launch, start } from "./launchers.ts";

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
      const told = out.trim().split("\n").map((line) => JSON.parse(line));
      told.sort((a, b) => a.rank - b.rank);
      assertMatch(told[0].library, libraries[name]);
      const { library } = told[0];
      const places = Array.from(
        { length: ranks },
        (_, rank) => ({ rank, size: ranks, localRank: rank, localSize: ranks, library }),
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
      const process = start(launcher, { ranks: 3, tasks: ["forever"] });
      const err = new Response(process.stderr).text();
      const lines = process.stdout.pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream());
      const ranks = await processesOf(lines, 3);
      const out = Array.fromAsync(lines);
      const sent = performance.now();
      if (victim === "a rank") Deno.kill(ranks[1], signal);
      else process.kill(signal);
      const { success } = await process.status;
      assert(!success);
      const told = await err + (await out).join("\n"); // Open MPI tells it here, MPICH there
      if (victim === "a rank") assertMatch(told, /signal 9/);
      while (ranks.some(isAlive)) await new Promise((resume) => setTimeout(resume, 20));
      const seconds = (performance.now() - sent) / 1000;
      assert(seconds < 10, `${seconds.toFixed(1)} s`);
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
      assertStringIncludes(err, `MpiError: Cannot join the 2 ranks that ${starter} started: `);
      assertStringIncludes(err, `(${other}) sees only this one; start with the launcher of that`);
    },
  });
}

/** The numbers of the processes that the ranks tell, when all have told. */
async function processesOf(lines: ReadableStream<string>, ranks: number): Promise<number[]> {
  const numbers: number[] = [];
  for await (const line of lines.values({ preventCancel: true })) {
    numbers.push(Number(line.match(/^rank \d is process (\d+)$/)![1]));
    if (numbers.length === ranks) break;
  }
  return numbers;
}

/** Whether a process runs; one that ended but is not yet taken note of by its parent does not. */
function isAlive(number: number): boolean {
  try {
    if (Deno.build.os === "linux") return Deno.readTextFileSync(`/proc/${number}/cmdline`) !== "";
    Deno.kill(number, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}
