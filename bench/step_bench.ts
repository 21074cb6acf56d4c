/**
 * A training step of the tutorial's network in Tower, and in other systems on the same machine: loss,
 * gradients and update on one fixed batch; then the forward pass alone. All start from the same
 * parameters, and the losses of their first steps have to agree before their times count.
 *
 *   deno run -A bench/step_bench.ts [--batch 128] [--seconds 20] [--python PATH]
 *     [--only tower,torch,cuda,jax,tfjs]
 *
 * jax-js and TensorFlow.js are fetched from npm when they run. PyTorch runs where a Python has it
 * (Debian: python3-torch libopenblas0-pthread): `torch` on the processor, `cuda` on a graphics card.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { table } from "../lib/cli/table.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { machineFacts, pythonWithTorch, torchRecipe } from "./machine.ts";
import type { Answer } from "./step/case.ts";

/** Numbers, or why there are none. */
type Outcome = Answer | { readonly system: string; readonly failed: string } | {
  readonly system: string;
  readonly skipped: string;
};

const tolerance = 1e-3;
const minutesAtMost = 20;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: ["only", "python"],
    default: { batch: 128, seconds: 20, only: "tower,torch,jax,tfjs" },
  });
  const batch = Number(flags.batch), seconds = Number(flags.seconds);
  if (!(Number.isInteger(batch) && batch > 0)) {
    throw new TypeError(`Cannot time steps: needs a --batch of at least 1, got ${flags.batch}`);
  }
  for (const line of await machineFacts()) console.log(line);
  console.log(`\nTraining steps of ${batch} pictures, then forward passes:`);

  const outcomes: Outcome[] = [];
  for (const name of String(flags.only).split(",")) {
    const outcome = await measure(name, {
      batch,
      seconds,
      python: flags.python as string | undefined,
    });
    outcomes.push(verified(outcome, outcomes.find(hasNumbers)));
  }
  for (const line of results(outcomes, batch)) console.log(line);
  for (const { details } of outcomes.filter(hasNumbers)) {
    if (details) console.log("\n" + details.join("\n"));
  }
  if (outcomes.some((outcome) => "failed" in outcome)) Deno.exitCode = 1;
}

/** What to time, and how long. */
interface Timing {
  readonly batch: number;
  readonly seconds: number;
  readonly python?: string;
}

function measure(name: string, timing: Timing): Promise<Outcome> {
  const inDeno = (file: string) => {
    const path = new URL(`step/${file}.ts`, import.meta.url).pathname;
    const numbers = [timing.batch, timing.seconds].map(String);
    return ask(name, [Deno.execPath(), "run", "-A", "-q", "--no-lock", path, ...numbers]);
  };
  switch (name) {
    case "torch":
      return askTorch(timing, "cpu");
    case "cuda":
      return askTorch(timing, "cuda");
    case "tower":
    case "jax":
    case "tfjs":
      return inDeno(name);
    default:
      throw new TypeError(`Cannot time ${name}: --only takes tower, torch, cuda, jax and tfjs`);
  }
}

async function askTorch(
  { batch, seconds, python: named }: Timing,
  device: "cpu" | "cuda",
): Promise<Outcome> {
  const python = await pythonWithTorch(named);
  if (!python) return { system: "torch", skipped: "no Python here has PyTorch" };
  const flags = { batch, seconds, device };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return ask("torch", [python, torchRecipe, "--time-only", ...args]);
}

/** Runs a system in a process of its own, whose crash then is a row and not the end. */
async function ask(system: string, [program, ...args]: readonly string[]): Promise<Outcome> {
  const output = await new Deno.Command(program, {
    args,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(minutesAtMost * 60_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const last = text(output.stdout).split("\n").at(-1)!;
  if (output.success && last.startsWith("{")) return JSON.parse(last);
  if (output.signal === "SIGTERM") {
    return { system, failed: `took longer than ${minutesAtMost} minutes` };
  }
  const reason = text(output.stderr).split("\n").find((line) => /error|panic/i.test(line));
  return { system, failed: `${reason ?? `ended with code ${output.code}`}` };
}

function hasNumbers(outcome: Outcome): outcome is Answer {
  return "losses" in outcome;
}

/** The outcome, or a failure if its losses are not those of the first system that had any. */
function verified(outcome: Outcome, first: Answer | undefined): Outcome {
  if (!hasNumbers(outcome) || !first) return outcome;
  const { system, losses } = outcome;
  if (losses.every((loss, i) => Math.abs(loss - first.losses[i]) <= tolerance)) return outcome;
  return {
    system,
    failed: `its losses are ${losses.join(", ")}, those of ${first.system} are ` +
      first.losses.join(", "),
  };
}

function results(outcomes: readonly Outcome[], batch: number): string[] {
  const [first] = outcomes.filter(hasNumbers);
  const flops = stepFlops(batch);
  const ratio = (a: number, b: number) => (a / b).toPrecision(3);
  const rows = outcomes.filter(hasNumbers).map((answer) => [
    answer.system,
    answer.imagesPerSecond.toFixed(1),
    ratio(answer.imagesPerSecond, first.imagesPerSecond),
    (flops * answer.imagesPerSecond / batch / 1e9).toFixed(1),
    answer.evaluationImagesPerSecond.toFixed(1),
    ratio(answer.evaluationImagesPerSecond, first.evaluationImagesPerSecond),
    answer.losses.map((loss) => loss.toFixed(5)).join(" "),
  ]);
  const headings = ["system", "training images/s", "ratio", "GFLOP/s"]
    .concat("evaluation images/s", "ratio", "losses of the first steps");
  const others = outcomes.flatMap((outcome) => {
    if ("failed" in outcome) return [`${outcome.system} failed: ${outcome.failed}`];
    return "skipped" in outcome ? [`${outcome.system} was left out: ${outcome.skipped}`] : [];
  });
  return [
    ...table(headings, rows),
    ...others,
    `GFLOP/s count ${(flops / 1e9).toFixed(1)} GFLOP a step, those of direct convolution, for all.`,
  ];
}

/** Of the products, forward and in both gradients; the first layer needs none for its input. */
function stepFlops(batch: number): number {
  const [first, ...others] = tutorialNetwork().rows.map((row) => row.multiplyAdds);
  return 2 * batch * (2 * first + 3 * others.reduce((sum, count) => sum + count, 0));
}
