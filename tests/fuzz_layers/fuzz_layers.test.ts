/**
 * Every layer at random shapes and attributes, forward and each gradient, against PyTorch where Debian's
 * `python3-torch` is installed, against the float64 reference otherwise.
 *
 * Each layer has 50 cases; `deno test -A tests/fuzz_layers -- --count=200 --seed=2` draws more and others,
 * and so do `TOWER_FUZZ_COUNT` and `TOWER_FUZZ_SEED` where all files are run. A case depends on seed and
 * number alone.
 *
 * @module
 */
import { AssertionError } from "@std/assert";
import { Rng } from "../../lib/rng.ts";
import { type Expected, expectedOf, type Input } from "../support/check_layer.ts";
import { openDevice } from "../support/device.ts";
import { array64 } from "../support/reference.ts";
import { askTorch, type TorchAnswer, torchInstalled } from "../support/torch.ts";
import type { Drawn } from "./cases.ts";
import { fuzzedLayers } from "./layers.ts";

const seed = numberOf("seed") ?? 1;
const count = numberOf("count") ?? 50;

interface Case extends Drawn {
  readonly op: string;
  readonly number: number;
  readonly expected: Expected<Input>;
}

const cases = Object.entries(fuzzedLayers).flatMap(([op, { draw }]) =>
  Array.from({ length: count }, (_, number): Case => {
    const drawn = draw(Rng.from(seed).split(`${op} ${number}`));
    const { inputs, reference, kinks } = drawn;
    const expected = expectedOf(inputs as Expected<Input>["inputs"], reference, kinks);
    return { ...drawn, op, number, expected };
  })
);

let asked: Promise<(TorchAnswer | null)[]> | undefined;

/** PyTorch's answers to all cases, from one process: it takes seconds to start. */
function torchAnswers(): Promise<(TorchAnswer | null)[]> {
  return asked ??= askTorch(
    cases.map(({ op, attrs, expected: { inputs, dy } }) => ({ op, attrs, inputs, dy })),
  );
}

for (const op of Object.keys(fuzzedLayers)) {
  const own = cases.filter((drawn) => drawn.op === op);
  const oracle = torchInstalled ? "PyTorch's" : "the float64 reference's (no python3-torch)";
  Deno.test(`${op} at ${own.length} random shapes is ${oracle}, its gradients too`, async () => {
    const answers = torchInstalled ? await torchAnswers() : [];
    using device = await openDevice();
    for (const drawn of own) {
      const answer = answers[cases.indexOf(drawn)];
      try {
        await drawn.check(device, answer ? withAnswer(drawn.expected, answer) : drawn.expected);
      } catch (error) {
        if (!(error instanceof AssertionError)) throw error;
        throw new AssertionError(`${describe(drawn)}: ${error.message}`, { cause: error });
      }
    }
  });
}

/** The case with PyTorch's numbers instead of the reference's. */
function withAnswer(expected: Expected<Input>, { y, grads }: TorchAnswer): Expected<Input> {
  const given = Object.entries(grads).map(([input, data]) => [
    input,
    array64(expected.inputs[input as Input].shape, data),
  ]);
  return {
    ...expected,
    output: array64(expected.output.shape, y),
    grads: Object.fromEntries(given),
  };
}

function describe({ op, number, attrs, expected: { inputs } }: Case): string {
  const shapes = Object.entries(inputs).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  const short = (_: string, value: unknown) =>
    Array.isArray(value) && value.length > 20 ? `${value.length} numbers` : value;
  return `${op}, case ${number} of TOWER_FUZZ_SEED=${seed}, ${shapes.join(", ")}, ${
    JSON.stringify(attrs, short)
  }`;
}

/** The number of a flag, or of an environment variable where all files are run. */
function numberOf(flag: "count" | "seed"): number | undefined {
  const given = Deno.args.find((arg) => arg.startsWith(`--${flag}=`))?.replace(/.*=/, "");
  const value = given ?? Deno.env.get(`TOWER_FUZZ_${flag.toUpperCase()}`);
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) {
    throw new TypeError(`Cannot fuzz: needs a whole number for --${flag}, got "${value}"`);
  }
  return Number(value);
}
