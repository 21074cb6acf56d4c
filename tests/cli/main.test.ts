import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Command } from "../../lib/cli/command.ts";
import { boolean, choice, integer } from "../../lib/cli/flag_types.ts";
import { type FlagTable, inGroup, parseFlags } from "../../lib/cli/flags.ts";
import { commandHelp } from "../../lib/cli/help.ts";
import { Interruption } from "../../lib/cli/interruption.ts";
import { main } from "../../lib/cli/main.ts";

const flags = {
  "batch-size": integer({ default: 128, min: 1, help: "Images that a step takes" }),
  "adapter": choice(["high-performance", "low-power"], { help: "Which adapter computes" }),
  "averages": boolean({ default: true, help: "Leave the averages aside" }),
  "resume": boolean({ help: "Go on where the run stopped" }),
};

/** A command line in front of one command, and what comes of it. */
async function run(
  args: string[],
  { act = () => {}, debug = false, controller = new AbortController() }: {
    act?: (batchSize: number) => void;
    debug?: boolean;
    controller?: AbortController;
  } = {},
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const command: Command<typeof flags> = {
    name: "train",
    summary: "Train a network",
    flags,
    run({ batchSize }) {
      act(batchSize);
      return Promise.resolve();
    },
  };
  const code = await main(args, {
    commands: { train: () => Promise.resolve({ command }) },
    version: "tower 9.9.9",
    debug,
    io: {
      log: (line) => out.push(line),
      error: (line) => err.push(line),
      progress() {},
      columns: 60,
      signal: controller.signal,
    },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

Deno.test("a command gets its flags, and success is 0", async () => {
  const seen: number[] = [];
  const result = await run(["train", "--batch_size=7"], {
    act: (batchSize) => seen.push(batchSize),
  });
  assertEquals([result, seen], [{ code: 0, out: "", err: "" }, [7]]);
});

Deno.test("misuse is 2 and one sentence", async () => {
  assertEquals(await run(["train", "--batchsize=7"]), {
    code: 2,
    out: "",
    err: "Cannot use --batchsize: there is no such flag; did you mean --batch-size?",
  });
  assertEquals(await run(["trian"]), {
    code: 2,
    out: "",
    err: `Cannot run "trian": there is no such command; did you mean train?`,
  });
  assertEquals(await run(["toString"]), {
    code: 2,
    out: "",
    err: `Cannot run "toString": there is no such command; there are train`,
  });
});

Deno.test("an error is 1 and one sentence, with its place only on request", async () => {
  const act = () => {
    throw new Error("Cannot go on: needs air, got none");
  };
  assertEquals(await run(["train"], { act }), {
    code: 1,
    out: "",
    err: "Cannot go on: needs air, got none",
  });
  const { err } = await run(["train"], { act, debug: true });
  assertStringIncludes(err, "main.test.ts");
});

Deno.test("an interrupted command exits as the signal demands, whether it returns or throws", async () => {
  for (const [by, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    for (const throws of [false, true]) {
      const controller = new AbortController();
      const act = () => {
        controller.abort(new Interruption(by));
        if (throws) controller.signal.throwIfAborted();
      };
      const { code, err } = await run(["train"], { act, controller });
      assertEquals([code, err], [expected, throws ? "Stopped before it was done." : ""]);
    }
  }
});

Deno.test("an error while an interrupted command saves is still an error", async () => {
  const controller = new AbortController();
  const act = () => {
    controller.abort(new Interruption("SIGINT"));
    throw new Error("Cannot write model.ckpt-1: the disk is full");
  };
  const { code, err } = await run(["train"], { act, controller });
  assertEquals([code, err], [1, "Cannot write model.ckpt-1: the disk is full"]);
});

Deno.test("the program's help lists the commands, the version is one line", async () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, out } = await run(args);
    assertEquals(code, 0);
    assertStringIncludes(out, "  train  Train a network");
  }
  assertEquals((await run(["--version"])).out, "tower 9.9.9");
});

Deno.test("a command's help comes from its table of flags, wrapped to the terminal", async () => {
  const expected = `Train a network.

Usage: cli.ts train [--flag=value ...]

  --batch-size=N  Images that a step takes (default 128)
  --adapter=high-performance|low-power
                  Which adapter computes
  --no-averages   Leave the averages aside
  --resume        Go on where the run stopped`;
  for (const args of [["help", "train"], ["train", "--help"], ["train", "--batch-size=x", "-h"]]) {
    assertEquals((await run(args)).out, expected);
  }
  for (const line of (await run(["help", "train"])).out.split("\n")) {
    assertEquals(line.length <= 60, true, line);
  }
});

Deno.test("flags of a group stand together under its heading, in one table with the others", () => {
  const command: Command<FlagTable> = {
    name: "do",
    summary: "Do it",
    flags: {
      "one": integer({ help: "First" }),
      ...inGroup("More", {
        "second": boolean({ help: "Second", default: undefined }),
        "three": integer({ help: "Third" }),
      }),
    },
    run: () => Promise.resolve(),
  };
  assertEquals(
    commandHelp(command, { columns: 60 }),
    `Do it.

Usage: cli.ts do [--flag=value ...]

  --one=N        First

More:
  --[no-]second  Second
  --three=N      Third`,
  );
});

Deno.test("the help of a flag names a default that its own parser takes", () => {
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.default === undefined) continue;
    const parsed = parseFlags(flags, [`--${name}=${flag.default}`]);
    assertEquals(parsed, parseFlags(flags, []));
  }
});
