import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { RunFinder, withNames } from "../../lib/dashboard/find_runs.ts";
import type { FoundRuns } from "../../lib/dashboard/message.ts";
import { startTower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

/** A directory with an event file. */
async function makeRun(...parts: string[]): Promise<string> {
  const path = join(...parts);
  await Deno.mkdir(path, { recursive: true });
  await Deno.writeTextFile(join(path, "events.out.tfevents.1.x"), "");
  return path;
}

const namesOf = async (finder: RunFinder) => (await finder.look()).runs.map(({ name }) => name);

Deno.test("runs that come later are found, and go to the end of the list", () =>
  inTemporary(async (root) => {
    const finder = new RunFinder([root]);
    assertEquals(await finder.look(), { runs: [], waiting: [root], problems: [] });
    await makeRun(root, "b");
    assertEquals(await namesOf(finder), ["b"]);
    await makeRun(root, "a");
    await makeRun(root, "sweep", "c");
    assertEquals(await finder.look(), {
      runs: ["b", "a", "sweep/c"].map((path) => ({
        name: path.replace("sweep/", ""),
        directory: join(root, path),
      })),
      waiting: [],
      problems: [],
    });
    await Deno.remove(join(root, "a"), { recursive: true });
    assertEquals(await namesOf(finder), ["b", "a", "c"]);
  }));

Deno.test("evaluations are no runs, but tell of one; links are followed, and none in circles", () =>
  inTemporary(async (root) => {
    await makeRun(root, "trained");
    await makeRun(root, "trained", "eval");
    await makeRun(root, "judged", "eval");
    await makeRun(root, ".hidden");
    await inTemporary(async (elsewhere) => {
      const run = await makeRun(elsewhere, "far");
      await Deno.symlink(run, join(root, "linked"));
      await Deno.symlink(root, join(root, "round"));
      await Deno.symlink("/nowhere", join(root, "broken"));
      await Deno.symlink(join(root, "trained"), join(root, "twice"));
      const finder = new RunFinder([root, join(root, "trained")]);
      assertEquals((await finder.look()).problems, []);
      assertEquals(await namesOf(finder), ["judged", "linked", "trained"]);
    });
  }));

Deno.test("what cannot be looked into is a problem, not the end", () =>
  inTemporary(async (root) => {
    await makeRun(root, "open");
    const closed = await makeRun(root, "closed");
    const script = join(root, "look.ts");
    const module = new URL("../../lib/dashboard/find_runs.ts", import.meta.url);
    const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
    await Deno.writeTextFile(
      script,
      `import { RunFinder } from "${module}";
      console.log(JSON.stringify(await new RunFinder(["${root}"]).look()));`,
    );
    const denied = ["--no-prompt", "--allow-read", `--deny-read=${closed}`];
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", `--config=${config}`, ...denied, script],
    }).output();
    const { runs, problems }: FoundRuns = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(runs.map(({ name }) => name), ["open"]);
    assertEquals(problems.length, 1);
    assertStringIncludes(problems[0], `${closed} cannot be read: `);
  }));

Deno.test("the command says that there is no run yet", () =>
  inTemporary(async (root) => {
    const child = startTower(["dashboard", root, "--port=0"], {
      permissions: ["--allow-read", "--allow-net=127.0.0.1"],
    });
    const [out, err] = [child.stdout, child.stderr].map((pipe) =>
      pipe.pipeThrough(new TextDecoderStream()).getReader()
    );
    assertMatch((await out.read()).value!, /^http:/);
    assertEquals((await err.read()).value, "There is no run yet; what comes is shown at:\n");
    child.kill("SIGINT");
    await Promise.all([out.cancel(), err.cancel()]);
    assertEquals((await child.status).code, 130);
  }));

Deno.test("names take as many parts of the path as tell the runs apart", () => {
  const names = (...paths: string[]) => withNames(paths).map(({ name }) => name);
  assertEquals(names("/runs/a", "/runs/b"), ["a", "b"]);
  assertEquals(names("/a/x/run", "/b/x/run", "/other"), ["a/x/run", "b/x/run", "other"]);
  assertEquals(names("/x/run", "/y/run", "/y/z"), ["x/run", "y/run", "z"]);
  assertEquals(names("/run", "/x/run"), ["/run", "x/run"]);
});
