import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import type { Command } from "../../lib/cli/command.ts";
import { boolean, string } from "../../lib/cli/flag_types.ts";
import { UsageError } from "../../lib/cli/flags.ts";
import { commandHelp } from "../../lib/cli/help.ts";
import { oneOf, parseCommandLine, word, words } from "../../lib/cli/positionals.ts";

const command = {
  flags: { "json": boolean({ help: "as JSON" }), "train-dir": string({ help: "where" }) },
  positionals: {
    action: oneOf(["show", "count"], { help: "What to do" }),
    model: word({ placeholder: "MODEL", help: "With which model" }),
    runs: words({ placeholder: "RUN", help: "With which runs" }),
  },
};

const parse = (...args: string[]) => parseCommandLine(command, args);

function misuse(...args: string[]): string {
  return assertThrows(() => parse(...args), UsageError).message;
}

Deno.test("words go to their places, with flags anywhere between them", () => {
  const expected = {
    json: true,
    trainDir: "d",
    action: "show" as const,
    model: "m",
    runs: ["a", "b"],
  };
  for (
    const args of [
      "show m a b --json --train-dir=d",
      "--json --train_dir d show m a b",
      "show --json m a --train-dir d b",
      "--json true show m a --train-dir d b",
    ]
  ) {
    assertEquals(parse(...args.split(" ")), expected);
  }
});

Deno.test("the words have the types of their table", () => {
  const given = parse("count", "m", "a");
  assertType<IsExact<typeof given.action, "show" | "count">>(true);
  assertType<IsExact<typeof given.model, string>>(true);
  assertType<IsExact<typeof given.runs, readonly string[]>>(true);
});

Deno.test("a word stays as it was written, also one that looks like a number or a flag", () => {
  assertEquals(parse("show", "007", "1e3").runs, ["1e3"]);
  assertEquals(parse("show", "007", "1e3").model, "007");
  assertEquals(parse("show", "m", "--json", "--", "--a_b", "--json").runs, ["--a_b", "--json"]);
});

Deno.test("a word that is missing, too many, empty or another is named", () => {
  assertEquals(misuse("show"), "Cannot go without MODEL: needs one, got none; see --help");
  assertEquals(misuse("show", "m"), "Cannot go without RUN: needs one, got none; see --help");
  assertEquals(misuse("show", "m", "a", ""), `Cannot use "": needs RUN, got nothing`);
  assertEquals(misuse("shwo", "m", "a"), `Cannot use "shwo": needs one of show, count there`);
  const { flags, positionals: { action } } = command;
  const one = { flags, positionals: { action } };
  assertEquals(
    assertThrows(() => parseCommandLine(one, ["show", "b"]), UsageError).message,
    `Cannot use "b": there is a word too many; see --help`,
  );
});

Deno.test("a command without words refuses them", () => {
  assertEquals(
    assertThrows(() => parseCommandLine({ flags: command.flags }, ["x"]), UsageError).message,
    `Cannot use "x": needs a flag such as --name=value before it`,
  );
});

Deno.test("help shows the words in their order before the flags", () => {
  const described: Command<typeof command.flags, typeof command.positionals> = {
    name: "do",
    summary: "Does it",
    ...command,
    run: () => Promise.resolve(),
  };
  const help = commandHelp(described, { columns: 80 });
  assertStringIncludes(help, "Usage: cli.ts do show|count MODEL RUN... [--flag=value ...]\n");
  assertStringIncludes(help, "  RUN               With which runs\n  --json            as JSON");
});
