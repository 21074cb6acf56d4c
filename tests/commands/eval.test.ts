import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { EventReader, withoutPurged } from "../../lib/summary/event_reader.ts";
import { startTower, tower } from "../support/tower.ts";
import { inTemporary } from "../support/temporary.ts";

const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50"];

Deno.test({
  name: "eval waits for the first checkpoint, then evaluates each new one, until it is interrupted",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporary(async (dir) => {
      const run = join(dir, "run");
      const args = [`--checkpoint-dir=${run}`, "--dataset=shapes", "--num-examples=20"];
      const child = startTower(["eval", ...args, "--eval-interval-secs=1"]);
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const drained = child.stderr.pipeTo(new WritableStream());
      let out = "";
      const evaluations = () => out.match(/precision @ 1 = /g)?.length ?? 0;
      for (const [n, more] of [["--max-steps=2"], ["--max-steps=3", "--resume"]].entries()) {
        const trained = await tower(["train", ...small, `--train-dir=${run}`, ...more]);
        assertEquals(trained.code, 0, trained.err);
        while (evaluations() <= n) out += (await lines.read()).value;
      }
      child.kill("SIGINT");
      while (!(await lines.read()).done);
      await drained;
      assertEquals((await child.status).code, 130);
      const events = withoutPurged(await new EventReader(join(run, "eval")).poll());
      const steps = events.flatMap(({ step, values = [] }) =>
        values.some(({ tag }) => tag === "precision @ 1") ? [step] : []
      );
      assertEquals(steps, [2, 3]);
    }),
});

Deno.test("an evaluation of a step that the run went back from meanwhile is not kept", () =>
  inTemporary(async (dir) => {
    const run = join(dir, "run");
    for (const more of [["--max-steps=2"], ["--max-steps=3", "--resume"]]) {
      const { code, err } = await tower(["train", ...small, `--train-dir=${run}`, ...more]);
      assertEquals(code, 0, err);
    }
    const args = [`--checkpoint-dir=${run}`, "--num-examples=400", "--batch-size=1"];
    const child = startTower(["eval", ...args]);
    const finished = child.output();
    // Its directory is made when the checkpoint was read.
    const evaluations = join(run, "eval");
    while (!await Deno.stat(evaluations).catch(() => false)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Deno.remove(join(run, "model.ckpt-3.safetensors"));
    const { code, stderr } = await finished;
    const err = new TextDecoder().decode(stderr);
    assertEquals(code, 0, err);
    assertStringIncludes(err, `${run} went back to step 2 meanwhile, so this is not kept.`);
    assertEquals([...Deno.readDirSync(evaluations)], []);
  }));

Deno.test("evaluations that cannot be taken back do not end the summaries of the run", () =>
  inTemporary(async (dir) => {
    const run = join(dir, "run"), evaluations = join(run, "eval");
    const permissions = ["--allow-env", "--allow-read", "--allow-write"];
    const train = (...more: string[]) =>
      tower(["train", ...small, `--train-dir=${run}`, ...more], { permissions });
    for (const more of [["--max-steps=1"], ["--max-steps=3", "--resume"]]) {
      assertEquals((await train(...more)).code, 0);
    }
    assertEquals((await tower(["eval", `--checkpoint-dir=${run}`, "--num-examples=8"])).code, 0);
    await Deno.remove(join(run, "model.ckpt-3.safetensors"));
    permissions.push(`--deny-write=${evaluations}`);
    const { code, err } = await train("--max-steps=2", "--resume");
    assertEquals(code, 0, err);
    assertStringIncludes(
      err,
      `Cannot take back the evaluations in ${evaluations} from step 2 on: `,
    );
    const events = withoutPurged(await new EventReader(run).poll());
    const said = events.flatMap(({ values = [] }) =>
      values.map((value) => "text" in value ? value.text : "")
    );
    assertEquals(said.at(-1), "finished");
  }));

Deno.test("a page that cannot be opened ends the trainer with a sentence", () =>
  inTemporary(async (dir) => {
    await using taken = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(),
    );
    const { port } = taken.addr;
    const permissions = ["--allow-env", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"];
    const args = ["train", ...small, `--train-dir=${join(dir, "run")}`, "--max-steps=1"];
    const { code, err } = await tower([...args, `--dashboard=${port}`], { permissions });
    assertEquals(code, 1);
    assertStringIncludes(
      err,
      `Cannot open the dashboard: Cannot listen at port ${port}: it is taken`,
    );
    const without = await tower([...args, "--dashboard"]);
    assertEquals(without.code, 1);
    assertMatch(without.err, /Cannot open the dashboard: .*net access/);
    const nothing = await tower([...args, "--dashboard", "--summary-steps=0"]);
    assertEquals(nothing.code, 2);
    assertStringIncludes(nothing.err, "Cannot show a dashboard with --summary-steps=0");
  }));
