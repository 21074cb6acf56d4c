// Whole runs over several ranks: the same bytes everywhere, and an end that tells when one dies.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { shapes } from "../../lib/data/shapes.ts";
import { readSafetensors } from "../../lib/export/safetensors_files.ts";
import { listCheckpoints, loadCheckpoint } from "../../lib/train/checkpoint.ts";
import { placeOn } from "../../lib/train/replica.ts";
import type { Snapshot } from "../../lib/train/snapshot.ts";
import { train } from "../../lib/train/trainer.ts";
import { openDevice } from "../support/device.ts";
import { childrenOf } from "../support/processes.ts";
import { tinyModel, tinyRecipe } from "../support/tiny.ts";
import { tower } from "../support/tower.ts";
import { findInstalled, type Implementation, launch, start } from "./launchers.ts";
import { hashOf } from "./train_rank.ts";
import { inTemporary } from "../support/temporary.ts";

/** How often a rank is killed, at a random moment each time. */
const kills = Number(Deno.env.get("TOWER_TEST_KILLS") ?? 1);

const cli = fromFileUrl(new URL("../../cli.ts", import.meta.url));
const trainRank = fromFileUrl(new URL("train_rank.ts", import.meta.url));
const small = ["--dataset=shapes", "--batch-size=4", "--min-queue-examples=100"];

async function hashHere(towers: number): Promise<string> {
  using device = await openDevice();
  let hash = "";
  const save = async (snapshot: Snapshot) => {
    hash = await hashOf(snapshot);
    return "nowhere";
  };
  const dataset = shapes({ train: 100, test: 10 });
  const places = Array(towers).fill(placeOn(device));
  const options = { model: tinyModel, recipe: tinyRecipe, dataset, maxSteps: 6, save };
  await Array.fromAsync(train(places, options));
  return hash;
}

for (const name of ["Open MPI", "MPICH"] satisfies Implementation[]) {
  const launcher = findInstalled(name)!;
  const test = (what: string, fn: () => Promise<void>) =>
    Deno.test({
      name: launcher ? `${name}: ${what}` : `${name} is not installed, so not tested: ${what}`,
      ignore: !launcher,
      fn,
    });

  for (const [ranks, towers] of [[2, 1], [4, 1], [2, 2]]) {
    test(`${ranks} ranks with ${towers} towers each hold the same bytes`, async () => {
      const { code, out, err } = await launch(launcher, {
        program: trainRank,
        tasks: [`${towers}`],
        ranks,
      });
      assertEquals(code, 0, err);
      const hashes = out.trim().split("\n").map((line) => JSON.parse(line).hash);
      assertEquals(hashes.length, ranks);
      assertEquals(new Set(hashes).size, 1);
      // Towers of one process are added before ranks are, so the order differs with several.
      if (towers === 1) assertEquals(hashes[0], await hashHere(ranks));
    });
  }

  test("a run by its command line, resumed with other ranks, says and keeps what it should", () =>
    inTemporary(async (dir) => {
      const [run, alone] = [join(dir, "run"), join(dir, "alone")];
      const tasks = ["train", "--distributed=mpi", ...small];
      const first = await launch(launcher, {
        program: cli,
        ranks: 2,
        tasks: [...tasks, `--train-dir=${run}`, "--max-steps=3", "--log-device-placement"],
      });
      assertEquals(first.code, 0, first.err);
      assertEquals(first.out.match(/step 0, loss = 4\.\d\d/g)?.length, 1);
      assertMatch(first.out, /tower_1\/conv1: ".*" of /);
      const towers = await tower([
        "train",
        ...small,
        "--num-gpus=2",
        `--train-dir=${alone}`,
        "--max-steps=3",
      ]);
      assertEquals(towers.code, 0, towers.err);
      const tensors = async (run: string) =>
        (await readSafetensors(join(run, "model.ckpt-3.safetensors"))).tensors;
      assertEquals(await tensors(run), await tensors(alone));
      const { metadata } = await loadCheckpoint(join(run, "model.ckpt-3.safetensors"));
      assertEquals(JSON.parse(metadata.variants).length, 2);

      const resume = ["train", "--distributed=mpi", "--resume", `--train-dir=${run}`];
      const more = await launch(launcher, {
        program: cli,
        ranks: 3,
        tasks: [...resume, "--max-steps=4"],
      });
      assertEquals(more.code, 0, more.err);
      assertStringIncludes(more.err, "3 towers of 4 examples a step instead of 2 towers of 4");

      const again = await launch(launcher, {
        program: cli,
        ranks: 2,
        tasks: [...tasks, `--train-dir=${run}`],
      });
      assert(again.code !== 0);
      assertStringIncludes(again.err, "it holds a run already");
    }));

  test(`${kills} kills of a rank end the run within 10 s, and it goes on from its checkpoint`, () =>
    inTemporary(async (dir) => {
      const train = ["train", "--distributed=mpi", ...small, `--train-dir=${dir}`];
      const often = ["--log-frequency=1", "--save-interval-secs=1", "--max-steps=100000"];
      for (let kill = 0; kill < kills; kill++) {
        const tasks = [...train, ...often, ...kill === 0 ? [] : ["--resume"]];
        const child = start(launcher, { program: cli, ranks: 2, tasks });
        const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
        const err = new Response(child.stderr).text();
        let out = "";
        while (!/step \d+, loss/.test(out)) out += (await lines.read()).value ?? "";
        await new Promise((resolve) => setTimeout(resolve, 1500 + Math.random() * 1500));
        const ranks = await ranksOf(child.pid);
        assertEquals(ranks.length, 2);
        Deno.kill(ranks[Math.floor(Math.random() * 2)], "SIGKILL");
        const at = performance.now();
        for (let more; !(more = await lines.read()).done;) out += more.value;
        assert(!(await child.status).success);
        assert(performance.now() - at < 10_000);
        assertMatch(out + await err, /signal 9/);
      }
      const [{ step }] = (await listCheckpoints(dir)).slice(-1);
      const tasks = [...train, "--resume", `--max-steps=${step + 2}`];
      const finished = await launch(launcher, { program: cli, ranks: 2, tasks });
      assertEquals(finished.code, 0, finished.err);
    }));
}

/** The ranks below a launcher, which may have started them through a process of its own. */
async function ranksOf(launcher: number): Promise<number[]> {
  const children = await childrenOf(launcher);
  const below = await Promise.all(children.map(childrenOf));
  const ranks = below.flat();
  return ranks.length > 0 ? ranks : children;
}
