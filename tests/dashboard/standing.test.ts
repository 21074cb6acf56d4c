// How the page says that runs stand. None of it needs a browser.

import { assertEquals, assertMatch } from "@std/assert";
import { standingOf } from "../../lib/dashboard/page/standing.js";
import { type Points, runsOf, update } from "./page_updates.ts";

Deno.test("the time left is told by the session that goes on, not by what was before it", () => {
  const config = { maxSteps: 200 };
  const before: Points = [[0, 3, 100], [10, 3, 110]];
  const after: Points = [[20, 3, 5000], [30, 3, 5010]];
  const { list } = runsOf({
    train: update({
      scalars: { total_loss: [...before, ...after] },
      texts: { config: JSON.stringify(config), status: "running" },
      session: { step: 20, time: 4990 },
      step: 20,
      time: 4990,
    }),
  });
  const standing = standingOf(list[0], 5011);
  assertEquals(standing.status, "running");
  assertMatch(standing.facts.join(" · "), /^step 31 of 200 · 2 min left · loss 3$/);
});

Deno.test("a run that was killed is soon called silent, one that compiles is not", () => {
  const running = { status: "running" };
  const points: Points = [[0, 3, 1000], [10, 3, 1001], [20, 3, 1002]];
  const { list } = runsOf({
    train: update({
      scalars: { total_loss: points },
      texts: running,
      session: { step: 0, time: 990 },
      time: 990,
    }),
  });
  assertEquals(standingOf(list[0], 1008).status, "running");
  const silent = standingOf(list[0], 1014);
  assertEquals([silent.status, silent.words], ["silent", "no news for 12 s"]);
  const slow: Points = [[0, 3, 1000], [100, 3, 1100]];
  const [patient] = runsOf({
    train: update({ scalars: { total_loss: slow }, texts: running, time: 1000 }),
  }).list;
  assertEquals(standingOf(patient, 1400).status, "running");
  assertEquals(standingOf(patient, 1600).status, "silent");
  const [begun] = runsOf({
    train: update({ texts: running, time: 2000, session: { step: 0, time: 2000 } }),
  }).list;
  assertEquals(standingOf(begun, 2040).status, "running");
  assertEquals(standingOf(begun, 2100).status, "silent");
});

Deno.test("a run of few summaries or slow steps is not called silent while it says that it is running", () => {
  const standing = (now: number, said: { step: number; time: number }, config = {}) => {
    const scalars = { total_loss: [[0, 3, 2000]], "examples/sec": [[0, 0.5, 2000]] } as const;
    const texts = { status: "running", config: JSON.stringify(config) };
    const log = update({ scalars, texts, session: { step: 0, time: 2000 }, ...said });
    return standingOf(runsOf({ train: log }).list[0], now).status;
  };
  // Of a step each second it says so every few seconds.
  const quick = { step: 500, time: 2500 };
  assertEquals([2515, 2530].map((now) => standing(now, quick)), ["running", "silent"]);
  // Of steps that take 100 seconds it does after each; of the first there is the speed alone.
  const slow = { step: 5, time: 2500 };
  assertEquals([2800, 2950].map((now) => standing(now, slow)), ["running", "silent"]);
  const first = { step: 0, time: 2000 }, config = { recipe: { batchSize: 25 }, towers: 2 };
  assertEquals([2300, 2450].map((now) => standing(now, first, config)), ["running", "silent"]);
});

Deno.test("a run that finished has done all of its steps, one that stopped those it says", () => {
  const standing = (status: string) => {
    const [run] = runsOf({
      train: update({
        scalars: { total_loss: [[196, 1]] },
        texts: { status, config: '{"maxSteps":200}' },
        step: 197,
      }),
    }).list;
    const { facts, fraction } = standingOf(run, 0);
    return [facts[0], fraction];
  };
  assertEquals(standing("finished"), ["step 200 of 200", 1]);
  assertEquals(standing("stopped"), ["step 197 of 200", 197 / 200]);
});

Deno.test("the best precision is told where it is not the last", () => {
  const facts = (points: Points) => {
    const log = { eval: update({ scalars: { "precision @ 1": points } }) };
    const [run] = runsOf({ train: update({ texts: { status: "running" } }), ...log }).list;
    return standingOf(run, 0).facts.at(-1);
  };
  assertEquals(facts([[100, 0.5]]), "precision @ 1 = 0.500");
  assertEquals(facts([[100, 0.75], [200, 0.5]]), "precision @ 1 = 0.500 (best 0.750 at step 100)");
});
