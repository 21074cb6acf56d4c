import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseFlags, UsageError } from "../../lib/cli/flags.ts";
import { newConfig, resumedConfig, suitedTo, withData } from "../../lib/commands/run_config.ts";
import { requireSameData } from "../../lib/commands/same_data.ts";
import { shapes } from "../../lib/data/shapes.ts";
import { stepsOf } from "../../lib/commands/recipe_flags.ts";
import { trainFlags } from "../../lib/commands/train_flags.ts";
import { completeRecipe, type Recipe, scheduleOf } from "../../lib/train/recipe.ts";

const parse = (...args: string[]) => parseFlags(trainFlags, args);
const path = "runs/x";

Deno.test("the number of towers has both names, and several keep their parameters in host memory", () => {
  for (const flags of [parse("--num_gpus=3"), parse("--towers=3"), parse("--num-gpus", "3")]) {
    const { towers, parameters } = newConfig(flags);
    assertEquals([towers, parameters], [3, "host"]);
  }
  assertEquals(newConfig(parse()).parameters, "adapter");
  assertEquals(newConfig(parse("--parameters=host")).parameters, "host");
  assertEquals(newConfig(parse("--num-gpus=2"), 4).towers, 8);
  assertThrows(
    () => newConfig(parse("--num-gpus=2", "--parameters=adapter")),
    UsageError,
    "Cannot use --parameters=adapter with 2 towers",
  );
});

Deno.test("pictures are mirrored unless the data set says that they must not be", () => {
  const config = newConfig(parse("--batch-size=64"));
  assertEquals(suitedTo(shapes(), config), config);
  const { recipe, ...rest } = suitedTo({ ...shapes(), flip: false }, config);
  const { distortion } = config.recipe;
  assertEquals({ ...rest, recipe }, {
    ...config,
    recipe: { ...config.recipe, distortion: { ...distortion, flip: false } },
  });
});

Deno.test("a resumed run goes on as it was, without a word", () => {
  for (const args of [["--num-gpus=2", "--batch-size=64"], ["--parameters=host"], []]) {
    const kept = newConfig(parse(...args));
    for (const again of [args, []]) {
      const { config, changes } = resumedConfig(kept, { flags: parse(...again), path });
      assertEquals([config, changes], [kept, []]);
    }
  }
});

Deno.test("a resumed run may have other towers, and what that changes is said", () => {
  const kept = newConfig(parse("--num-gpus=2", "--batch-size=64"));
  const regrouped = resumedConfig(kept, { flags: parse("--towers=1", "--batch-size=128"), path });
  assertEquals([regrouped.config.towers, regrouped.config.recipe.batchSize], [1, 128]);
  assertEquals(regrouped.changes, [
    "1 tower of 128 examples a step instead of 2 towers of 64: the same examples in the same " +
    "order, but sums round differently",
  ]);
  const more = resumedConfig(kept, { flags: parse("--towers=4"), path });
  assertEquals(more.changes, [
    "4 towers of 64 examples a step instead of 2 towers of 64: a step takes 256 examples instead " +
    "of 128, and their order starts anew",
  ]);
  const ranks = resumedConfig(kept, { flags: parse(), path, processes: 4 });
  assertEquals([ranks.config.towers, ranks.config.parameters], [4, "host"]);
  const alone = newConfig(parse());
  const hosted = resumedConfig(alone, { flags: parse("--parameters=host"), path });
  assertStringIncludes(hosted.changes.join(), "parameters live in host memory instead of on the");
});

Deno.test("a resumed run may not have another batch, seed, queue or data set", () => {
  const kept = newConfig(parse("--num-gpus=2", "--batch-size=64"));
  for (
    const flag of ["batch-size=32", "seed=7", "min-queue-examples=9", "dataset=shapes"]
  ) {
    assertThrows(
      () => resumedConfig(kept, { flags: parse(`--${flag}`), path }),
      UsageError,
      `Cannot resume runs/x with --${flag}: the run was started with`,
    );
  }
});

Deno.test("a resumed run wants its own pictures, which runs of old know by their number alone", () => {
  const one = { ...shapes(), fingerprint: "1" }, two = { ...shapes(), fingerprint: "2" };
  const config = withData(one, newConfig(parse("--dataset=shapes")));
  requireSameData(config, { dataset: one, path });
  assertThrows(
    () => requireSameData(config, { dataset: two, path }),
    UsageError,
    "pictures of shapes that it was started with, got as many, but others",
  );
  const old = withData(shapes(), newConfig(parse("--dataset=shapes")));
  requireSameData(old, { dataset: one, path });
});

Deno.test("optimizer, schedule, clipping and smoothing are kept, and compared when a run goes on", () => {
  assertEquals(newConfig(parse()).recipe.learningRate, 0.1);
  const plain = newConfig(parse()).recipe;
  assertEquals(
    Object.keys(plain).filter((key) => /optimizer|schedule|clip|smooth|warm/.test(key)),
    [],
  );
  const args = [
    "--optimizer=nesterov",
    "--momentum=0.95",
    "--schedule=cosine",
    "--schedule-steps=500",
    "--warmup-steps=20",
    "--clip-norm=2.5",
    "--label-smoothing=0.1",
  ];
  const kept = newConfig(parse(...args));
  const { learningRate, optimizer, schedule, warmupSteps, clipNorm, labelSmoothing } = kept.recipe;
  assertEquals([learningRate, warmupSteps, clipNorm, labelSmoothing], [0.01, 20, 2.5, 0.1]);
  assertEquals(optimizer, { kind: "momentum", momentum: 0.95, nesterov: true });
  assertEquals(schedule, { kind: "cosine", steps: 500 });
  assertEquals(newConfig(parse("--optimizer=adamw")).recipe.learningRate, 0.001);
  assertEquals(newConfig(parse("--schedule=one-cycle", "--max-steps=90")).recipe.schedule, {
    kind: "one-cycle",
    steps: 90,
  });
  const kept2 = JSON.parse(JSON.stringify(kept));
  assertEquals(resumedConfig(kept2, { flags: parse(...args), path }).config, kept);
  assertEquals(resumedConfig(kept2, { flags: parse(), path }).config, kept);
  const others = [
    "--optimizer=adam",
    "--momentum=0.9",
    "--schedule=constant",
    "--clip-norm=1",
    "--learning-rate=1",
  ];
  for (const other of others) {
    assertThrows(() => resumedConfig(kept2, { flags: parse(other), path }), UsageError, other);
  }
  const old = newConfig(parse("--batch-size=32"));
  assertThrows(
    () => resumedConfig(old, { flags: parse("--optimizer=adam"), path }),
    UsageError,
    "--optimizer=adam: the run was started with gradient-descent",
  );
  for (const flag of ["--clip-norm=1", "--warmup-steps=3", "--momentum=0.5"]) {
    assertThrows(
      () => resumedConfig(old, { flags: parse(flag), path }),
      UsageError,
      `with ${flag}: the run was started without it; leave the flag out`,
    );
  }
});

Deno.test("every constant of a recipe has a flag, which is kept, and compared when a run goes on", () => {
  const sets: [string[], Partial<Recipe>][] = [
    [
      [
        "--learning-rate-factor=0.5",
        "--epochs-per-decay=7.5",
        "--average-decay=0.99",
        "--no-flip",
        "--brightness=10",
        "--contrast=0.5,1.5",
      ],
      {
        learningRateFactor: 0.5,
        epochsPerDecay: 7.5,
        averageDecay: 0.99,
        distortion: { flip: false, brightness: 10, contrast: [0.5, 1.5] },
      },
    ],
    [
      [
        "--optimizer=adamw",
        "--beta1=0.8",
        "--beta2=0.95",
        "--epsilon=1e-6",
        "--weight-decay=0.05",
      ],
      { optimizer: { kind: "adam", beta1: 0.8, beta2: 0.95, epsilon: 1e-6, decay: 0.05 } },
    ],
    [
      ["--optimizer=adam", "--beta1=0.8"],
      { optimizer: { kind: "adam", beta1: 0.8, beta2: 0.999, epsilon: 1e-8, decay: 0 } },
    ],
    [
      ["--optimizer=rms-prop", "--rms-decay=0.9", "--epsilon=1e-5"],
      { optimizer: { kind: "rms-prop", decay: 0.9, epsilon: 1e-5 } },
    ],
    [
      ["--schedule=exponential", "--learning-rate-factor=0.5", "--schedule-steps=90"],
      { schedule: { kind: "exponential", factor: 0.5, every: 90 } },
    ],
  ];
  for (const [args, expected] of sets) {
    const kept = newConfig(parse(...args));
    const { recipe } = kept;
    assertEquals({ ...recipe, ...expected }, recipe, args.join());
    completeRecipe(recipe); // which requires each number to be in its range
    const read = JSON.parse(JSON.stringify(kept));
    assertEquals(resumedConfig(read, { flags: parse(...args), path }).config, kept);
    for (const arg of args) {
      const other = arg
        .replace(/=(0\.\d+|[\de-]+|7\.5)$/, "=0.123456")
        .replace("0.5,1.5", "0.5,1.6")
        .replace("--no-flip", "--flip")
        .replace("=90", "=91")
        .replace(
          /=(adamw?|rms-prop|exponential)$/,
          (_, name) => name === "exponential" ? "=cosine" : "=momentum",
        );
      if (/schedule-steps/.test(other)) continue;
      assert(other !== arg, arg);
      assertThrows(() => resumedConfig(read, { flags: parse(other), path }), UsageError, other);
    }
  }
});

Deno.test("mirroring that is asked for is done, whatever the data set says", () => {
  const digits = { ...shapes(), flip: false };
  assertEquals(newConfig(parse("--flip")).recipe.distortion.flip, true);
  assertEquals(suitedTo(digits, newConfig(parse())).recipe.distortion.flip, false);
});

Deno.test("training ends where its schedule does, and goes on only with a longer one", () => {
  const { recipe } = newConfig(parse("--schedule=cosine", "--max-steps=90"));
  assertEquals(stepsOf(undefined, recipe), 90);
  assertEquals(stepsOf(60, recipe), 60);
  assertThrows(
    () => stepsOf(100, recipe),
    UsageError,
    "Cannot train to step 100: the cosine schedule ends at step 90, from which on nothing is learned; give " +
      "--schedule-steps=100 too",
  );
  const kept = newConfig(parse("--schedule=cosine", "--max-steps=90"));
  const { config, changes } = resumedConfig(kept, { flags: parse("--schedule-steps=100"), path });
  assertEquals(config.recipe.schedule, { kind: "cosine", steps: 100 });
  assertEquals(changes, ["the schedule ends at step 100 instead of 90"]);
  assertEquals(stepsOf(undefined, newConfig(parse()).recipe), 1_000_000);
  const stairs = newConfig(parse());
  assertThrows(
    () => resumedConfig(stairs, { flags: parse("--schedule-steps=100"), path }),
    UsageError,
    "--schedule-steps=100: the run was started without it; leave the flag out",
  );
});

Deno.test("a cycle of too few steps to rise and to fall is misuse, and its flags are named", () => {
  const cycle = (...args: string[]) => newConfig(parse("--schedule=one-cycle", ...args)).recipe;
  for (const args of [["--max-steps=3"], ["--max-steps=2", "--schedule-steps=3"]]) {
    const recipe = cycle(...args);
    assertThrows(() => scheduleOf(recipe, { examples: 9 }), RangeError, "0.3 of 3 to rise");
    assertThrows(
      () => stepsOf(undefined, recipe),
      UsageError,
      "Cannot use --schedule=one-cycle with 3 steps: needs at least 4, as the rate rises and falls; give more by " +
        "--max-steps or --schedule-steps",
    );
  }
  const least = cycle("--max-steps=4");
  assertEquals(stepsOf(undefined, least), 4);
  scheduleOf(least, { examples: 9 });
});

Deno.test("flags of a recipe that contradict each other are named", () => {
  const refused = (...args: string[]) =>
    assertThrows(() => newConfig(parse(...args)), UsageError).message;
  assertStringIncludes(
    refused("--momentum=0.5"),
    "Cannot use --momentum with --optimizer=gradient-descent",
  );
  assertStringIncludes(
    refused("--schedule-steps=9", "--schedule=constant"),
    "Cannot use --schedule-steps with --schedule=constant",
  );
  const cases: [string[], string][] = [
    [["--beta1=0.5"], "--beta1 with --optimizer=gradient-descent: needs adam or adamw"],
    [
      ["--weight-decay=1", "--optimizer=adam"],
      "--weight-decay with --optimizer=adam: needs adamw;",
    ],
    [["--rms-decay=0", "--optimizer=adam"], "needs rms-prop; leave it out"],
    [["--epsilon=1", "--optimizer=nesterov"], "needs adam, adamw or rms-prop; leave it out"],
    [["--epochs-per-decay=1", "--schedule=cosine"], "--schedule=cosine: needs staircase;"],
    [["--learning-rate-factor=1", "--schedule=cosine"], "needs staircase or exponential;"],
  ];
  for (const [args, message] of cases) assertStringIncludes(refused(...args), message);
});
