/**
 * The tutorial's exercise with towers: runs that share 128 examples a step among one, two or four towers,
 * in one process and over ranks, printed side by side. They see the same examples with the same
 * distortions, so that their losses differ by rounding alone, at first.
 *
 *   deno run -A bench/towers_curve.ts --data-dir DIR --out DIR [--steps 300]
 *
 * Runs over ranks take mpirun where it is installed. What each run prints is kept in `--out`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { table } from "../lib/cli/table.ts";
import { machineFacts } from "./machine.ts";

const flags = parseArgs(Deno.args, {
  string: ["data-dir", "out"],
  default: { "steps": 300, "data-dir": "", "out": "" },
});
if (!flags["data-dir"] || !flags.out) {
  throw new TypeError("Cannot compare: needs --data-dir with CIFAR-10 and --out for the runs");
}
const cli = new URL("../cli.ts", import.meta.url).pathname;
const launch = ["mpirun", "--oversubscribe", "--bind-to", "none"];
const env = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };

/** Ways to take 128 examples a step: the launcher's words, and the flags. */
const ways: Record<string, readonly [launcher: readonly string[], args: readonly string[]]> = {
  "1 × 128": [[], ["--batch-size=128"]],
  "1 × 128, host": [[], ["--batch-size=128", "--parameters=host"]],
  "2 × 64": [[], ["--num-gpus=2", "--batch-size=64"]],
  "2 ranks × 64": [[...launch, "-n", "2"], ["--distributed=mpi", "--batch-size=64"]],
  "4 ranks × 32": [[...launch, "-n", "4"], ["--distributed=mpi", "--batch-size=32"]],
};

/** Losses by step, and the examples/sec of the last line. */
interface Run {
  readonly losses: ReadonlyMap<number, number>;
  readonly examplesPerSecond: string;
}

async function run(name: string): Promise<Run | undefined> {
  const [launcher, args] = ways[name];
  const dir = join(String(flags.out), name.replaceAll(/[^\w]+/g, "_"));
  const [program, ...rest] = [
    ...launcher,
    ...[Deno.execPath(), "run", "-A", cli, "train", ...args],
    ...[`--data-dir=${flags["data-dir"]}`, `--train-dir=${dir}`, `--max-steps=${flags.steps}`],
  ];
  await Deno.mkdir(dir, { recursive: true });
  try {
    const child = new Deno.Command(program, { args: rest, env, stderr: "inherit" });
    const { success, stdout } = await child.output();
    if (!success) throw new Error(`${name} failed`);
    await Deno.writeFile(join(dir, "train.log"), stdout);
    const lines = [
      ...new TextDecoder().decode(stdout).matchAll(
        /step (\d+), loss = ([\d.]+) \(([\d.]+) examples\/sec/g,
      ),
    ];
    return {
      losses: new Map(lines.map(([, step, loss]) => [Number(step), Number(loss)])),
      examplesPerSecond: lines.at(-1)![3],
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`${name}: ${program} is not installed, left out`);
  }
}

for (const line of await machineFacts()) console.log(line);
const runs: [string, Run][] = [];
for (const name of Object.keys(ways)) {
  const done = await run(name);
  if (done) runs.push([name, done]);
}
const [, first] = runs[0];
const shown = [...first.losses.keys()].filter((step) => step % 50 === 0 || step === 10);
const rows = shown.map((step) => [
  `step ${step}`,
  ...runs.map(([, { losses }]) => losses.get(step)!.toFixed(2)),
]);
const apart = runs.map(([, { losses }]) => {
  const differences = [...first.losses].map(([step, loss]) => Math.abs(losses.get(step)! - loss));
  return Math.max(...differences).toFixed(2);
});
rows.push(["furthest from the first", ...apart]);
rows.push(["examples/sec, last line", ...runs.map(([, run]) => run.examplesPerSecond)]);
for (const line of table(["loss", ...runs.map(([name]) => name)], rows)) console.log(line);
