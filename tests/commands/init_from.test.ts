// Transfer: a run begins with what another learned, but for what does not fit.

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import type { Io } from "../../lib/cli/command.ts";
import { UsageError } from "../../lib/cli/flags.ts";
import { readInitial } from "../../lib/commands/init_from.ts";
import type { HostTensor } from "../../lib/export/tensor_types.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { Rng } from "../../lib/rng.ts";
import { loadNewestCheckpoint } from "../../lib/train/checkpoint.ts";
import { averageSuffix } from "../../lib/train/snapshot.ts";
import { tower } from "../support/tower.ts";

const small = ["--dataset=shapes", "--batch-size=8", "--min-queue-examples=50"];

function speaker(): { io: Io; said: string[] } {
  const said: string[] = [];
  const io: Io = {
    log: () => {},
    error: (line) => said.push(line),
    progress: () => {},
    columns: 80,
    signal: new AbortController().signal,
  };
  return { io, said };
}

Deno.test("a run begins with the averages of another, but for what starts anew from its seed", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const run = join(dir, "run");
    const args = ["train", ...small, `--train-dir=${run}`, "--max-steps=2", "--learning-rate=0.5"];
    const trained = await tower(args);
    assertEquals(trained.code, 0, trained.err);
    const { tensors } = (await loadNewestCheckpoint(run))!;
    const numbers = ({ data }: HostTensor) => [...data as Float32Array];

    const { parameters: table } = tutorialNetwork({ classes: 7 });
    const drawn = table.initialize(Rng.from(5).split("parameters"));
    const { io, said } = speaker();
    const options = { path: run, table, seed: 5, io };
    const parameters = await readInitial({ ...options, except: "softmax_*, conv1/biases" });
    for (const { name } of table.entries) {
      const got = [...table.view(parameters, name)];
      const anew = name.startsWith("softmax_") || name === "conv1/biases";
      assertEquals(
        got,
        anew ? [...table.view(drawn, name)] : numbers(tensors[name + averageSuffix]),
        name,
      );
    }
    assertNotEquals(
      numbers(tensors["local3/biases"]),
      numbers(tensors["local3/biases" + averageSuffix]),
    );
    assertEquals(said, [
      `Beginning with the averages of 7 parameters of ${run} at step 2; softmax_linear/weights, ` +
      "softmax_linear/biases, conv1/biases start anew.",
    ]);

    const unfit = await assertRejects(() => readInitial(options), RangeError);
    assertStringIncludes(
      unfit.message,
      "it was made with another model; --init-except='softmax_linear/*' starts anew what does not fit",
    );
    await assertRejects(
      () => readInitial({ ...options, except: "softmax_linaer/*" }),
      UsageError,
      'Cannot start anew with "softmax_linaer/*": there is no such parameter',
    );
    await assertRejects(
      () => readInitial({ ...options, path: dir }),
      UsageError,
      "needs a file, or the directory of a run, got a directory without a checkpoint",
    );

    const next = join(dir, "next");
    const begin = ["train", ...small, "--max-steps=1", `--train-dir=${next}`];
    const begun = await tower([...begin, `--init-from=${run}`, "--init-except=softmax_linear/*"]);
    assertEquals(begun.code, 0, begun.err);
    assertStringIncludes(
      begun.err,
      `Beginning with the averages of 8 parameters of ${run} at step 2`,
    );
    const { tensors: after } = (await loadNewestCheckpoint(next))!;
    const before = numbers(tensors["local3/weights" + averageSuffix]);
    const moved = numbers(after["local3/weights"]).map((w, i) => Math.abs(w - before[i]));
    assert(Math.max(...moved.slice(0, 1000)) < 1e-2);
    const without = await tower([...begin, "--init-except=x"]);
    assertEquals(without.code, 2);
    assertStringIncludes(without.err, "Cannot use --init-except without --init-from");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
