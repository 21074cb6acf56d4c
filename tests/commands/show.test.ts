// The curves of runs, from event files as train writes them.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Io } from "../../lib/cli/command.ts";
import { command } from "../../lib/commands/show.ts";
import { EventWriter } from "../../lib/summary/event_writer.ts";
import { inTemporary } from "../support/temporary.ts";
import { type Finished, tower } from "../support/tower.ts";

const permissions = ["--allow-env", "--allow-read"];

function show(args: string[], locale = "C.UTF-8"): Promise<Finished> {
  return tower(["show", ...args], { permissions, env: { LC_ALL: locale } });
}

/** A run whose loss halves every ten steps, in a directory of its own. */
async function withRun(
  work: (run: string, training: string) => Promise<void>,
  { loss = 8 } = {},
): Promise<void> {
  const run = await Deno.makeTempDir();
  try {
    using training = await EventWriter.open(run);
    using evaluation = await EventWriter.open(join(run, "eval"));
    for (let step = 0; step <= 100; step += 10) {
      const wallTime = 1e9 + step;
      const values = [
        { tag: "learning_rate", scalar: 0.125 },
        { tag: "total_loss", scalar: loss * 2 ** (-step / 10) },
        { tag: "conv1/sparsity", scalar: 0.5 },
        { tag: "conv2/sparsity", scalar: NaN },
        { tag: "config", text: "{}" },
      ];
      training.write({ wallTime, step, values });
      if (step % 50 > 0) continue;
      const precision = { tag: "precision @ 1", scalar: 0.1 + step / 200 };
      evaluation.write({ wallTime, step, values: [precision] });
    }
    await work(run, training.path);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

Deno.test("show draws loss, precision and learning rate, with what they came to", () =>
  withRun(async (run) => {
    const { code, out, err } = await show([run]);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^total_loss, log scale\n {7}8 ┤[⠀-⣿]/);
    assertMatch(out, /^precision @ 1\n {5}0\.6 ┤/m);
    assertMatch(out, /^learning_rate\n/m);
    assertStringIncludes(out, `${run}: last 0.00781 at step 100, least 0.00781 at step 100, `);
    assertEquals(out.includes("examples/sec"), false);
    assertEquals(out.includes("\x1b"), false);
    for (const line of out.split("\n")) assert(line.includes(run) || line.length <= 80, line);
  }));

Deno.test("on a terminal no line is wider than it, down to the least that a chart needs", () =>
  withRun(async (run) => {
    for (const columns of [24, 40, 79, 80, 200]) {
      const lines: string[] = [];
      const io: Io = {
        log: (line) => lines.push(line),
        error: (line) => lines.push(line),
        progress: () => {},
        columns,
        toTerminal: true,
        signal: new AbortController().signal,
      };
      await command.run({ runs: [run], tags: undefined, scale: "auto", json: false }, io);
      for (const line of lines) assert(line.length <= columns, `${columns}: ${line}`);
      const words = lines.join(" ").replace(/ +/g, " ");
      assertStringIncludes(
        words,
        "last 0.00781 at step 100, least 0.00781 at step 100, greatest 8",
      );
      assertStringIncludes(words, run.slice(-10));
    }
  }));

Deno.test("the runs of a directory are shown, with those that only have an evaluation", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const place of ["b", "a/eval", "none"]) {
      await Deno.mkdir(join(dir, place), { recursive: true });
    }
    for (const place of ["b", "a/eval"]) {
      using writer = await EventWriter.open(join(dir, place));
      const values = [{ tag: "precision @ 1", scalar: 0.5 }];
      writer.write({ wallTime: 1e9, step: 3, values });
    }
    const { code, out, err } = await show([dir, join(dir, "b"), "--json"]);
    assertEquals([code, err], [0, ""]);
    const runs = out.trim().split("\n").map((line) => JSON.parse(line).run);
    assertEquals(runs, [join(dir, "a"), join(dir, "b")]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a locale without other letters gets ASCII alone", () =>
  withRun(async (run) => {
    const { out } = await show([run], "C");
    assertMatch(out, /^total_loss, log scale\n {7}8 \+[.':]/);
    assertMatch(out, /^[\n -~]*$/);
  }));

Deno.test("--json is a line for every point of every tag, or of those that are asked for", () =>
  withRun(async (run) => {
    const { out } = await show([run, "--json"]);
    const points = out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(points.length, 11 * 4 + 3);
    const of = (tag: string) => points.filter((point) => point.tag === tag);
    assertEquals(of("total_loss")[3], {
      run,
      tag: "total_loss",
      step: 30,
      wallTime: 1e9 + 30,
      value: 1,
    });
    assertEquals(of("precision @ 1").map(({ step }) => step), [0, 50, 100]);
    assertEquals(of("conv2/sparsity")[0].value, null);

    const some = await show([run, "--tags", "*/sparsity,learning_rate", "--json"]);
    const tags = some.out.trim().split("\n").map((line) => JSON.parse(line).tag);
    assertEquals([...new Set(tags)], ["conv1/sparsity", "conv2/sparsity", "learning_rate"]);
  }));

Deno.test("without colours several runs are drawn one after the other on the same axes", () =>
  withRun((one) =>
    withRun(async (two) => {
      const { code, out } = await show([one, two, "--tags=total_loss"]);
      assertEquals(code, 0);
      assertEquals(out.match(/^ {6}16 ┤/mg)?.length, 2);
      assert(out.indexOf(`  ${one}: `) < out.indexOf(`  ${two}: `));
      assertEquals(out.match(/^total_loss/mg)?.length, 1);
    }, { loss: 16 })
  ));

Deno.test("tags and directories do not reach the terminal with what it obeys", () =>
  inTemporary(async (dir) => {
    const run = join(dir, "run\x1b[2J\n"), tag = "loss\x1b]0;title\x07\x9b";
    {
      using writer = await EventWriter.open(run);
      writer.write({ wallTime: 1, step: 1, values: [{ tag, scalar: 1 }] });
      await Deno.writeFile(join(run, "x\x1b.tfevents.1"), new Uint8Array(99).fill(7));
    }
    const { out, err } = await show([dir, "--tags=loss*"]);
    assertMatch(out, /^loss�\]0;title��\n/);
    assertMatch(out, /run�\[2J�: last 1 at step 1/);
    assertMatch(err, /run�\[2J\n\/x�\.tfevents\.1 is corrupt/);
    const missing = await show([dir, "--tags=nothing"]);
    for (const text of [out, err, missing.err]) {
      assertEquals(/\p{Cc}/u.test(text.replaceAll("\n", "")), false, JSON.stringify(text));
    }
    const [point] = (await show([dir, "--json"])).out.trim().split("\n");
    assertEquals([JSON.parse(point).tag, JSON.parse(point).run], [tag, run]);
  }));

Deno.test("more runs than there are colours are drawn in several charts on the same axes", () =>
  withRun(async (run) => {
    const lines: string[] = [];
    const io: Io = {
      log: (line) => lines.push(line),
      error: (line) => lines.push(line),
      progress: () => {},
      columns: 80,
      color: true,
      signal: new AbortController().signal,
    };
    const runs = Array.from({ length: 8 }, (_, i) => `${run}${"/.".repeat(i)}`);
    await command.run({ runs, tags: "total_loss", scale: "auto", json: false }, io);
    assertEquals(lines.filter((line) => /^ {7}8 ┤/.test(line)).length, 2);
    const colors = lines.flatMap((line) => line.startsWith("  \x1b[") ? [line.slice(4, 6)] : []);
    assertEquals([new Set(colors.slice(0, 6)).size, colors.length], [6, 8]);
  }));

Deno.test("reading ends with the signal that asks for it", () =>
  withRun(async (run, path) => {
    const bytes = await Deno.readFile(path);
    const times = Math.ceil(2 ** 24 / bytes.length);
    for (let i = 0; i < times; i++) await Deno.writeFile(path, bytes, { append: true });
    const controller = new AbortController(), reason = new Error("asked to");
    const io: Io = {
      log: () => {},
      error: () => {},
      progress: () => {},
      columns: 80,
      signal: controller.signal,
    };
    setTimeout(() => controller.abort(reason));
    const shown = command.run({ runs: [run], tags: undefined, scale: "auto", json: false }, io);
    assertEquals(await shown.catch((error) => error), reason);
  }));

Deno.test("a run that went on from an earlier step shows only what counts", () =>
  withRun(async (run) => {
    using resumed = await EventWriter.open(run, { startStep: 50 });
    const values = [{ tag: "total_loss", scalar: 3 }];
    resumed.write({ wallTime: 2e9, step: 50, values });
    const { out } = await show([run, "--tags=total_loss", "--json"]);
    const points = out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(points.map(({ step }) => step), [0, 10, 20, 30, 40, 50]);
    assertEquals(points.at(-1).value, 3);
  }));

Deno.test("of a corrupt file the problem is said and the rest is shown", () =>
  withRun(async (run, path) => {
    const bytes = await Deno.readFile(path);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] ^= 0x10;
    await Deno.writeFile(path, bytes);
    const { code, out, err } = await show([run, "--tags=total_loss", "--json"]);
    assertEquals([code, err.trim().split("\n").length], [0, 1], err);
    assertStringIncludes(err, `${path} is corrupt from byte `);
    const lines = out.trim().split("\n");
    assert(lines.length > 2 && lines.length < 11, `${lines.length} points`);
  }));

Deno.test("what cannot be shown is said in one sentence with exit code 2", () =>
  withRun(async (run, path) => {
    const empty = join(run, "empty");
    await Deno.mkdir(empty);
    const cases: [string[], string][] = [
      [[], "Cannot go without RUN"],
      [[empty], "needs event files in it or in its folder eval, got none"],
      [[join(run, "nowhere")], "needs the directory of a run, got no directory"],
      [[path], "needs the directory of a run, got no directory"],
      [[run, "--tags=totl_loss"], `(did you mean "total_loss"?); there are learning_rate, `],
      [[run, "--tags=config"], `"config": there is no such tag`],
      [[run, "--scale=cubic"], "needs one of auto, linear, log"],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await show(args);
      assertEquals([code, out, err.trim().split("\n").length], [2, "", 1], `${args}: ${err}`);
      assertStringIncludes(err, message);
    }
  }));
