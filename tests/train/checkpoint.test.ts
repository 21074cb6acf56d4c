import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeSafetensors } from "../../lib/export/safetensors_files.ts";
import { SafetensorsError } from "../../lib/export/safetensors_header.ts";
import {
  type Checkpoint,
  CheckpointError,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  newestCheckpoint,
  saveCheckpoint,
} from "../../lib/train/checkpoint.ts";
import { inTemporary } from "../support/temporary.ts";

function checkpoint(step: number, size = 4): Checkpoint {
  return {
    step,
    tensors: {
      "conv1/weights": { dtype: "F32", shape: [size], data: new Float32Array(size).fill(step) },
    },
    metadata: { seed: "7" },
  };
}

async function steps(directory: string): Promise<number[]> {
  return (await listCheckpoints(directory)).map(({ step }) => step);
}

Deno.test("a checkpoint comes back as it was saved, from a file named after its step", () =>
  inTemporary(async (directory) => {
    const path = await saveCheckpoint(join(directory, "run"), checkpoint(12));
    assertEquals(path, join(directory, "run", "model.ckpt-12.safetensors"));
    assertEquals(await loadCheckpoint(path), checkpoint(12));
  }));

Deno.test("the newest five are kept, by the number of the step and not by its letters", () =>
  inTemporary(async (directory) => {
    for (const step of [0, 9, 10, 99, 100, 1000, 2000]) {
      await saveCheckpoint(directory, checkpoint(step));
    }
    assertEquals(await steps(directory), [10, 99, 100, 1000, 2000]);
    assertEquals((await newestCheckpoint(directory))?.step, 2000);
  }));

Deno.test("as many are kept as is asked for, but at least the new one", () =>
  inTemporary(async (directory) => {
    for (const step of [1, 2, 3]) {
      await saveCheckpoint(directory, checkpoint(step), { keep: Infinity });
    }
    assertEquals(await steps(directory), [1, 2, 3]);
    await saveCheckpoint(directory, checkpoint(4), { keep: 1 });
    assertEquals(await steps(directory), [4]);
    for (const keep of [0, -1, NaN]) {
      await assertRejects(() => saveCheckpoint(directory, checkpoint(5), { keep }), RangeError);
    }
  }));

Deno.test("a checkpoint of an earlier step than those around it is not the one that goes", () =>
  inTemporary(async (directory) => {
    for (const step of [100, 200]) await saveCheckpoint(directory, checkpoint(step), { keep: 2 });
    await saveCheckpoint(directory, checkpoint(50), { keep: 2 });
    assertEquals(await steps(directory), [50, 200]);
  }));

Deno.test("saving a step again replaces it", () =>
  inTemporary(async (directory) => {
    await saveCheckpoint(directory, checkpoint(1), { keep: 2 });
    await saveCheckpoint(directory, checkpoint(2), { keep: 2 });
    await saveCheckpoint(directory, checkpoint(2, 8), { keep: 2 });
    assertEquals(await steps(directory), [1, 2]);
    assertEquals(await loadNewestCheckpoint(directory), checkpoint(2, 8));
  }));

Deno.test("when a checkpoint cannot be written, none is removed", () =>
  inTemporary(async (directory) => {
    for (const step of [1, 2]) await saveCheckpoint(directory, checkpoint(step), { keep: 2 });
    await Deno.mkdir(join(directory, "model.ckpt-3.safetensors"));
    await assertRejects(
      () => saveCheckpoint(directory, checkpoint(3), { keep: 1 }),
      Error,
      "Cannot write",
    );
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name).sort(), [
      "model.ckpt-1.safetensors",
      "model.ckpt-2.safetensors",
      "model.ckpt-3.safetensors",
    ]);
  }));

Deno.test("a directory without checkpoints, or none at all, has no newest one", () =>
  inTemporary(async (directory) => {
    for (
      const name of [
        "model.ckpt-1.safetensors.bak",
        "model.ckpt-01.safetensors",
        "model.ckpt-x.safetensors",
        "x",
      ]
    ) {
      await Deno.writeTextFile(join(directory, name), "");
    }
    assertEquals(await newestCheckpoint(directory), undefined);
    assertEquals(await loadNewestCheckpoint(join(directory, "nowhere")), undefined);
  }));

Deno.test("what a killed run left half written is removed by the next save, and never read", () =>
  inTemporary(async (directory) => {
    const half = join(directory, ".model.ckpt-9.safetensors.0123abcd.partial");
    await Deno.writeTextFile(half, "half");
    assertEquals(await newestCheckpoint(directory), undefined);
    await saveCheckpoint(directory, checkpoint(1));
    await assertRejects(() => Deno.stat(half), Deno.errors.NotFound);
  }));

Deno.test("a file that is no checkpoint is refused by name", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "model.ckpt-1.safetensors");
    await Deno.writeTextFile(path, "not tensors at all");
    await assertRejects(() => loadCheckpoint(path), SafetensorsError, `Cannot read ${path}: `);
    for (
      const metadata of [{}, { step: "" }, { step: "-1" }, { step: "1e3" }, {
        step: "9".repeat(30),
      }]
    ) {
      await writeSafetensors(path, { tensors: {}, metadata: metadata as Record<string, string> });
      await assertRejects(
        () => loadCheckpoint(path),
        CheckpointError,
        `Cannot use ${path} as a checkpoint`,
      );
    }
  }));

Deno.test("a reader always gets a whole checkpoint while a trainer writes and prunes", () =>
  inTemporary(async (directory) => {
    const size = 100_000;
    await saveCheckpoint(directory, checkpoint(0, size), { keep: 1 });
    const trainer = new Worker(new URL("../support/checkpoint_writer.ts", import.meta.url), {
      type: "module",
    });
    const done = new Promise((resolve) => trainer.onmessage = resolve);
    trainer.postMessage({ directory, size, checkpoints: 60 });
    let writing = true;
    const end = done.then(() => writing = false);
    const seen = new Set<number>();
    let newest = 0;
    while (writing) {
      const loaded = await loadNewestCheckpoint(directory);
      assert(loaded !== undefined && loaded.step >= newest);
      newest = loaded.step;
      seen.add(newest);
      assertEquals(loaded, checkpoint(newest, size));
    }
    await end;
    trainer.terminate();
    assertEquals(await steps(directory), [60]);
    assert(seen.size > 3, `saw only ${[...seen]}`);
  }));
