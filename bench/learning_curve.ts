/**
 * Does Tower learn as the same recipe learns in PyTorch? Trains both on CIFAR-10 from several seeds and
 * prints loss and precision side by side, with the spread from seed to seed as the measure. Of rows that
 * hold in 95% of cases one in twenty may fail.
 *
 *   deno run -A bench/learning_curve.ts --data-dir DIR --out DIR [--steps 1000] [--seeds 3]
 *     [--tower-seeds 1] [--python PATH]
 *
 * What a run says is kept in `--out` as torch_seed_N.json and tower_seed_N.log, and a run whose file is
 * there is not run again: so it can be stopped, and runs made elsewhere can be put there. A log holds
 * the lines of `cli.ts train`, of `cli.ts eval`, and of `cli.ts eval --no-averages`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { machineFacts, pythonWithTorch, torchRecipe } from "./machine.ts";
import { compare, mean, type Row } from "./spread.ts";

/** One run. */
interface Curve {
  /** Total losses of single batches, by step. */
  readonly losses: Readonly<Record<number, number>>;
  readonly precision: number;
  readonly precisionWithoutAverages: number;
  readonly imagesPerSecond: number;
}

/** Where a run comes from and goes to. */
interface RunOptions {
  readonly dataDir: string;
  readonly out: string;
  readonly steps: number;
}

const cli = new URL("../cli.ts", import.meta.url).pathname;
/** Steps between two losses that are held against each other. */
const rowSteps = 100;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, {
    string: ["data-dir", "out", "python"],
    default: { "steps": 1000, "seeds": 3, "tower-seeds": 1, "data-dir": "", "out": "" },
  });
  const options = {
    dataDir: String(flags["data-dir"]),
    out: String(flags.out),
    steps: Number(flags.steps),
  };
  if (!options.dataDir || !options.out) {
    throw new TypeError("Cannot compare: needs --data-dir with CIFAR-10 and --out for the runs");
  }
  const runs = { torch: Number(flags.seeds), tower: Number(flags["tower-seeds"]) };
  if (!(runs.torch >= 1 && runs.tower >= 1 && runs.torch + runs.tower >= 3)) {
    throw new TypeError(
      "Cannot compare: needs three runs for a spread, so --seeds and --tower-seeds of at least 1 and " +
        `3 together, got ${flags.seeds} and ${flags["tower-seeds"]}`,
    );
  }
  const facts = await machineFacts();
  await Deno.mkdir(options.out, { recursive: true });
  const python = flags.python as string | undefined;
  const torch: Curve[] = [], tower: Curve[] = [];
  for (let seed = 1; seed <= runs.torch; seed++) {
    torch.push(await torchCurve(seed, { ...options, python }));
  }
  for (let seed = 1; seed <= runs.tower; seed++) {
    tower.push(await towerCurve(seed, options));
  }
  for (const line of [...facts, "", ...comparison(torch, tower)]) console.log(line);
}

async function torchCurve(
  seed: number,
  { dataDir, out, steps, python: named }: RunOptions & { python?: string },
): Promise<Curve> {
  const path = join(out, `torch_seed_${seed}.json`);
  if (!await exists(path)) {
    const python = await pythonWithTorch(named);
    if (!python) {
      throw new Error(
        "Cannot run the recipe: needs a Python with PyTorch (Debian: python3-torch); name it with --python",
      );
    }
    const numbers = ["--steps", String(steps), "--seed", String(seed), "--json", path];
    await run([python, torchRecipe, dataDir, ...numbers]);
  }
  const curve: Curve & { readonly steps: number } = JSON.parse(await Deno.readTextFile(path));
  if (curve.steps === steps) return curve;
  throw new Error(`Cannot use ${path}: needs a run of ${steps} steps, got ${curve.steps}`);
}

async function towerCurve(seed: number, { dataDir, out, steps }: RunOptions): Promise<Curve> {
  const path = join(out, `tower_seed_${seed}.log`);
  if (!await exists(path)) {
    const dir = join(out, `tower_seed_${seed}`);
    const deno = [Deno.execPath(), "run", "-A", "-q", cli];
    const numbers = ["--max-steps", String(steps), "--seed", String(seed)];
    const data = ["--data-dir", dataDir];
    const evaluate = [...deno, "eval", ...data, "--checkpoint-dir", dir];
    const text = await run([...deno, "train", ...data, "--train-dir", dir, ...numbers]) +
      await run(evaluate) + await run([...evaluate, "--no-averages"]);
    await Deno.writeTextFile(path, text);
  }
  try {
    return parseLog(await Deno.readTextFile(path), steps);
  } catch (error) {
    throw new Error(`Cannot use ${path}: ${(error as Error).message}`);
  }
}

/** Reads the console lines of training and of evaluation with averages and without. */
function parseLog(text: string, steps: number): Curve {
  const lines = [...text.matchAll(/: step (\d+), loss = (\S+) \((\S+) examples\/sec/g)]
    .map(([, ...numbers]) => numbers.map(Number));
  const precisions = [...text.matchAll(/precision @ 1 = (\S+)/g)].map(([, value]) => Number(value));
  const last = lines.at(-1)?.[0] ?? -1;
  if (last >= steps || last < steps - rowSteps) {
    throw new Error(`needs lines of ${steps} steps, got some up to step ${last}`);
  }
  if (precisions.length !== 2) {
    throw new Error(`needs two lines of precision, got ${precisions.length}`);
  }
  // The first line pays for compiling and for filling the queue.
  const seconds = lines.slice(1).map(([, , examplesPerSecond]) => 1 / examplesPerSecond);
  return {
    losses: Object.fromEntries(lines),
    precision: precisions[0],
    precisionWithoutAverages: precisions[1],
    imagesPerSecond: seconds.length / seconds.reduce((sum, value) => sum + value, 0),
  };
}

/** Tables of losses and precisions. */
function comparison(torch: readonly Curve[], tower: readonly Curve[]): string[] {
  const logged = Object.keys(tower[0].losses).map(Number);
  const last = logged.at(-1)!;
  const until = logged.filter((step) => step > 0 && (step % rowSteps === 0 || step === last));
  const lossAt = (step: number): Row<Curve> => [`step ${step}`, (curve) => curve.losses[step]];
  const windows = until.map((step): Row<Curve> => {
    const steps = logged.filter((other) => other <= step && other > step - rowSteps);
    const from = String(steps[0]);
    return [`steps ${from} to ${step}`, ({ losses }) => mean(steps.map((other) => losses[other]))];
  });
  const speed = (curves: readonly Curve[]) =>
    mean(curves.map((curve) => curve.imagesPerSecond)).toFixed(0);
  const precisions: Row<Curve>[] = [
    ["with averages", (curve) => curve.precision],
    ["without averages", (curve) => curve.precisionWithoutAverages],
  ];
  // The console lines give losses to 0.01 and precisions to 0.001.
  const runs = { torch, tower };
  const loss = { digits: 3, rounding: 0.005, ...runs };
  return [
    ...compare({
      heading: "loss of one batch",
      rows: [0, ...until].map(lossAt),
      alike: logged.slice(1).map(lossAt),
      ...loss,
    }),
    "",
    ...compare({
      heading: "mean of the logged losses",
      rows: windows,
      alike: windows,
      ...loss,
    }),
    "",
    ...compare({
      heading: "precision @ 1",
      rows: precisions,
      digits: 4,
      rounding: 0.0005,
      ...runs,
    }),
    "",
    `images/s in training: PyTorch ${speed(torch)}, Tower ${speed(tower)}`,
  ];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Runs a program to its end, showing its messages; gives what it printed. */
async function run([program, ...args]: readonly string[]): Promise<string> {
  console.error(`> ${[program, ...args].join(" ")}`);
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`Cannot compare: ${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
