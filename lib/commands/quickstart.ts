/**
 * `quickstart`: the whole road once, on pictures that need no download.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { integer, string } from "../cli/flag_types.ts";
import { command as evalCommand } from "./eval.ts";
import { command as trainCommand } from "./train.ts";
import { parseFlags } from "../cli/flags.ts";
import { commandLine } from "../started.ts";

const flags = {
  "train-dir": string({
    help: "Directory of the run; a new one every time by default",
    placeholder: "DIR",
  }),
  "max-steps": integer({ help: "Steps to train", min: 1, default: 250 }),
};

/** The command. */
export const command: Command<typeof flags> = {
  name: "quickstart",
  summary: "Train and evaluate on pictures that need no download, in a minute or two",
  flags,
  async run({ trainDir, maxSteps }, io) {
    const dir = trainDir ?? await freshDirectory("runs/quickstart");
    io.log("Training the tutorial's network on drawn shapes of ten classes.");
    await trainCommand.run(
      parseFlags(trainCommand.flags, [
        "--dataset=shapes",
        `--train-dir=${dir}`,
        `--max-steps=${maxSteps}`,
        "--batch-size=64",
        "--min-queue-examples=2000",
      ]),
      io,
    );
    if (io.signal.aborted) return;
    io.log("Evaluating the averaged parameters on pictures that it has never seen.");
    await evalCommand.run(parseFlags(evalCommand.flags, [`--checkpoint-dir=${dir}`]), io);
    io.log("");
    io.log(`The run is in ${dir}. What to do next:`);
    const next = [
      ["train", "the same on CIFAR-10, which is downloaded first (162 MiB)"],
      ["eval", "precision @ 1 of its newest checkpoint"],
      ["devices", "what your adapters can do"],
    ].map(([command, what]) => [commandLine(command), what]);
    const width = Math.max(...next.map(([line]) => line.length));
    for (const [line, what] of next) io.log(`  ${line.padEnd(width)}  ${what}`);
  },
};

/** The name with the first number that is still free. */
async function freshDirectory(name: string): Promise<string> {
  for (let number = 1;; number++) {
    const path = `${name}-${number}`;
    try {
      await Deno.stat(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return path;
      throw error;
    }
  }
}
