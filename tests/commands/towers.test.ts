// Several towers as a user starts them, on two adapters made from one driver.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listCheckpoints } from "../../lib/train/checkpoint.ts";
import { childrenOf, ended } from "../support/processes.ts";
import { startTower, tower } from "../support/tower.ts";
import { softwareManifest, twoAdapters } from "../support/two_adapters.ts";
import { inTemporary } from "../support/temporary.ts";

/** How often a tower is killed, at a random moment each time. */
const kills = Number(Deno.env.get("TOWER_TEST_KILLS") ?? 2);

const small = ["--dataset=shapes", "--batch-size=4", "--min-queue-examples=100"];
const permissions = ["--allow-env", "--allow-read", "--allow-write", "--allow-run"];

Deno.test({
  name: "two towers, each on its own adapter, train to the bytes of two that share one, and resume",
  ignore: !softwareManifest,
  fn: () =>
    inTemporary(async (dir) => {
      const env = await twoAdapters(dir);
      const [apart, together] = [join(dir, "apart"), join(dir, "together")];
      const two = [...small, "--num-gpus=2"];
      const devices = await tower(["devices"], { env });
      assertMatch(
        devices.out,
        /places\n {2}tower 0 on .*first.json\n {2}tower 1 on .*second.json\n/,
      );
      const log = ["--log-device-placement", "--max-steps=3"];
      const first = await tower(["train", ...two, ...log, `--train-dir=${apart}`], {
        env,
        permissions,
      });
      assertEquals(first.code, 0, first.err);
      assertMatch(first.out, /tower_0\/conv1: ".*" \(.*first.json\)\n/);
      assertMatch(first.out, /tower_1\/softmax_linear: ".*" \(.*second.json\)\n/);
      assertMatch(first.out, /step 0, loss = 4\.\d\d \(/);
      const resume = ["train", "--resume", "--max-steps=5"];
      const resumed = await tower([...resume, `--train-dir=${apart}`], { env, permissions });
      assertEquals(resumed.code, 0, resumed.err);
      const straight = await tower(["train", ...two, "--max-steps=5", `--train-dir=${together}`]);
      assertEquals(straight.code, 0, straight.err);
      const bytes = (run: string) => Deno.readFile(join(run, "model.ckpt-5.safetensors"));
      assertEquals(await bytes(apart), await bytes(together));

      const changed = ["train", "--resume", "--max-steps=6", "--towers=1", "--batch-size=8"];
      const one = await tower([...changed, `--train-dir=${apart}`], { env });
      assertEquals(one.code, 0, one.err);
      assertStringIncludes(one.err, "1 tower of 8 examples a step instead of 2 towers of 4");
    }),
});

Deno.test({
  name:
    "without permission to start processes, several adapters are refused with the way to have them",
  ignore: !softwareManifest,
  fn: () =>
    inTemporary(async (dir) => {
      const env = await twoAdapters(dir);
      const { code, err } = await tower(
        ["train", ...small, "--num-gpus=2", `--train-dir=${join(dir, "run")}`],
        { env },
      );
      assertEquals(code, 1);
      assertStringIncludes(err, "needs a process of its own, and so --allow-run");
    }),
});

Deno.test({
  name:
    `${kills} kills of a tower end the run with its name within 10 s, and it goes on from there`,
  ignore: !softwareManifest,
  fn: () =>
    inTemporary(async (dir) => {
      const env = await twoAdapters(dir);
      const run = `--train-dir=${join(dir, "run")}`;
      const often = ["--log-frequency=1", "--save-interval-secs=1", "--max-steps=100000"];
      const start = ["train", ...small, "--num-gpus=2", run, ...often];
      for (let kill = 0; kill < kills; kill++) {
        const resume = kill === 0 ? [] : ["--resume"];
        const child = startTower([...start, ...resume], { env, permissions });
        const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
        const err = new Response(child.stderr).text();
        let out = "";
        while (!/step \d+, loss/.test(out)) out += (await lines.read()).value ?? "";
        await new Promise((resolve) => setTimeout(resolve, 1500 + Math.random() * 2000));
        const towers = await childrenOf(child.pid);
        assertEquals(towers.length, 2);
        const killed = Math.floor(Math.random() * 2);
        Deno.kill(towers[killed], "SIGKILL");
        const at = performance.now();
        while (!(await lines.read()).done);
        assertEquals((await child.status).code, 1);
        assert(performance.now() - at < 10_000);
        assertMatch(
          await err,
          new RegExp(`Tower ${killed} on .* was ended by SIGKILL; that was at`),
        );
        assertStringIncludes(await err, "--resume goes on from there");
      }
      const [{ step }] = (await listCheckpoints(join(dir, "run"))).slice(-1);
      const last = ["train", "--resume", run, `--max-steps=${step + 2}`];
      const finished = await tower(last, { env, permissions });
      assertEquals(finished.code, 0, finished.err);
    }),
});

Deno.test({
  name: "towers end with their run, whether it is interrupted or killed",
  ignore: !softwareManifest,
  fn: () =>
    inTemporary(async (dir) => {
      const env = await twoAdapters(dir);
      for (const [signal, code] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
        const run = join(dir, signal);
        const child = startTower(
          ["train", ...small, "--num-gpus=2", `--train-dir=${run}`, "--log-frequency=1"],
          { env, permissions },
        );
        const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
        const err = new Response(child.stderr).text();
        let out = "";
        while (!/step 2, loss/.test(out)) out += (await lines.read()).value ?? "";
        const towers = await childrenOf(child.pid);
        assertEquals(towers.length, 2);
        child.kill(signal);
        while (!(await lines.read()).done);
        await err;
        assertEquals((await child.status).code, code);
        if (signal === "SIGINT") assertEquals((await listCheckpoints(run)).length, 1);
        for (const pid of towers) await ended(pid);
      }
    }),
});
