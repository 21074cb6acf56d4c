import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { boolean, choice, integer, number, range, string } from "../../lib/cli/flag_types.ts";
import { type Flags, parseFlags, UsageError } from "../../lib/cli/flags.ts";

const table = {
  "batch-size": integer({ default: 128, min: 1, max: 4096, help: "images in a step" }),
  "max-steps": integer({ min: 0, help: "where to stop" }),
  "learning-rate": number({ default: 0.1, min: 0, help: "step size" }),
  "train-dir": string({ default: "runs", help: "where checkpoints go" }),
  "adapter": choice(["high-performance", "low-power"], { help: "which adapter" }),
  "resume": boolean({ help: "go on" }),
  "averages": boolean({ default: true, help: "use averages" }),
};

function misuse(...args: string[]): string {
  return assertThrows(() => parseFlags(table, args), UsageError).message;
}

Deno.test("without arguments every flag has its default", () => {
  assertEquals(parseFlags(table, []), {
    batchSize: 128,
    maxSteps: undefined,
    learningRate: 0.1,
    trainDir: "runs",
    adapter: undefined,
    resume: false,
    averages: true,
  });
});

Deno.test("a switch without a default of its own tells not given from off", () => {
  const flags = { "half": boolean({ help: "half", default: undefined }) };
  assertType<IsExact<Flags<typeof flags>, { half: boolean | undefined }>>(true);
  const read = (...args: string[]) => parseFlags(flags, args).half;
  assertEquals([read(), read("--no-half"), read("--half")], [undefined, false, true]);
});

Deno.test("the parsed values have the types of the table", () => {
  assertType<
    IsExact<Flags<typeof table>, {
      batchSize: number;
      maxSteps: number | undefined;
      learningRate: number;
      trainDir: string;
      adapter: "high-performance" | "low-power" | undefined;
      resume: boolean;
      averages: boolean;
    }>
  >(true);
});

Deno.test("a value follows a space or an equals sign, a name is in kebab-case or snake_case", () => {
  for (
    const args of [["--batch-size", "64"], ["--batch-size=64"], ["--batch_size=64"], [
      "--batch_size",
      "64",
    ]]
  ) {
    assertEquals(parseFlags(table, args).batchSize, 64);
  }
});

Deno.test("underscores and equals signs in values stay", () => {
  assertEquals(parseFlags(table, ["--train_dir=a_b=c"]).trainDir, "a_b=c");
  assertEquals(parseFlags(table, ["--train-dir", "a_b"]).trainDir, "a_b");
});

Deno.test("a text that looks like a number stays a text", () => {
  assertEquals(parseFlags(table, ["--train-dir=007"]).trainDir, "007");
  assertEquals(parseFlags(table, ["--train-dir=true"]).trainDir, "true");
});

Deno.test("a switch is turned on, off, and told true or false", () => {
  assertEquals(parseFlags(table, ["--resume"]).resume, true);
  assertEquals(parseFlags(table, ["--resume=true"]).resume, true);
  assertEquals(parseFlags(table, ["--resume", "false"]).resume, false);
  assertEquals(parseFlags(table, ["--resume", "--batch-size=2"]).resume, true);
  assertEquals(parseFlags(table, ["--no-averages"]).averages, false);
  assertEquals(parseFlags(table, ["--no_averages"]).averages, false);
});

Deno.test("numbers may be written with exponents and separators", () => {
  assertEquals(parseFlags(table, ["--max-steps=1e6"]).maxSteps, 1_000_000);
  assertEquals(parseFlags(table, ["--max-steps=1_000"]).maxSteps, 1000);
  assertEquals(parseFlags(table, ["--learning-rate=1e-3"]).learningRate, 0.001);
});

Deno.test("a range is two numbers, the lesser first", () => {
  const flags = { "contrast": range({ help: "contrast", min: 0 }) };
  assertType<
    IsExact<Flags<typeof flags>, { contrast: readonly [number, number] | undefined }>
  >(true);
  assertEquals(parseFlags(flags, []).contrast, undefined);
  assertEquals(parseFlags(flags, ["--contrast=0.5,1.5"]).contrast, [0.5, 1.5]);
  assertEquals(parseFlags(flags, ["--contrast", "1,1"]).contrast, [1, 1]);
  for (const text of ["1", "1,2,3", "2,1", "-1,2", "a,b", "1,"]) {
    assertThrows(
      () => parseFlags(flags, [`--contrast=${text}`]),
      UsageError,
      `needs two numbers of at least 0 with a comma between, the lesser first, got "${text}"`,
    );
  }
});

Deno.test("of a flag given twice the last counts", () => {
  assertEquals(parseFlags(table, ["--batch-size=1", "--batch_size=2"]).batchSize, 2);
});

Deno.test("an unknown flag is named, with the one that was probably meant", () => {
  assertEquals(
    misuse("--batchsize=3"),
    "Cannot use --batchsize: there is no such flag; did you mean --batch-size?",
  );
  assertEquals(
    misuse("--frobnicate"),
    "Cannot use --frobnicate: there is no such flag; see --help",
  );
  assertEquals(
    misuse("--no-batch-size"),
    "Cannot use --no-batch-size: there is no such flag; did you mean --batch-size?",
  );
  assertEquals(
    misuse("--__proto__=1"),
    "Cannot use ----proto--: there is no such flag; see --help",
  );
  assertEquals(misuse("-x"), "Cannot use -x: there is no such flag; see --help");
});

Deno.test("a value that does not fit is named, with what would fit", () => {
  assertEquals(
    misuse("--batch-size=0"),
    `Cannot use --batch-size: needs an integer from 1 to 4096, got "0"`,
  );
  assertEquals(
    misuse("--batch-size=1.5"),
    `Cannot use --batch-size: needs an integer from 1 to 4096, got "1.5"`,
  );
  assertEquals(
    misuse("--batch-size=abc"),
    `Cannot use --batch-size: needs an integer from 1 to 4096, got "abc"`,
  );
  assertEquals(
    misuse("--max-steps=-1"),
    `Cannot use --max-steps: needs an integer of at least 0, got "-1"`,
  );
  assertEquals(
    misuse("--learning-rate=nan"),
    `Cannot use --learning-rate: needs a number of at least 0, got "nan"`,
  );
  assertEquals(
    misuse("--learning-rate=Infinity"),
    `Cannot use --learning-rate: needs a number of at least 0, got "Infinity"`,
  );
  assertEquals(
    misuse("--adapter=fast"),
    `Cannot use --adapter: needs one of high-performance, low-power, got "fast"`,
  );
  assertEquals(misuse("--resume=maybe"), `Cannot use --resume: needs true or false, got "maybe"`);
});

Deno.test("a value that is missing is called nothing", () => {
  assertEquals(
    misuse("--batch-size"),
    "Cannot use --batch-size: needs an integer from 1 to 4096, got nothing",
  );
  assertEquals(
    misuse("--train-dir", "--resume"),
    "Cannot use --train-dir: needs a text, got nothing",
  );
  assertEquals(
    misuse("--train-dir="),
    `Cannot use --train-dir: needs a value after "=", got nothing`,
  );
});

Deno.test("a number of blanks is no number", () => {
  assertEquals(
    misuse("--batch-size", " "),
    `Cannot use --batch-size: needs an integer from 1 to 4096, got " "`,
  );
});

Deno.test("what belongs to no flag is refused", () => {
  assertEquals(
    misuse("runs/1"),
    `Cannot use "runs/1": needs a flag such as --name=value before it`,
  );
  assertEquals(misuse("--", "x"), `Cannot use "x": needs a flag such as --name=value before it`);
  assertEquals(misuse("--no-resume=true"), "Cannot use --no-resume=true: --no-... takes no value");
});
