/**
 * `export`: what a run has learned, in other people's formats.
 *
 * @module
 */
import { basename, join, resolve } from "@std/path";
import type { Command } from "../cli/command.ts";
import { boolean, choice, string } from "../cli/flag_types.ts";
import { printable } from "../cli/printable.ts";
import { word } from "../cli/positionals.ts";
import { tensorsOf } from "../export/arena.ts";
import { encodeNpz } from "../export/npz.ts";
import { encodeOnnx } from "../export/onnx.ts";
import { encodeSafetensors } from "../export/safetensors.ts";
import { writeFileAtomically } from "../files.ts";
import { movedModelFlag } from "./model_flag.ts";
import { openSavedRun, type SavedRun } from "./saved_run.ts";

const flags = {
  "format": choice(["onnx", "safetensors", "npz"], {
    help: "onnx for other runtimes (the whole network, from bytes N×H×W×C to logits and " +
      "probabilities), safetensors or npz for the parameters alone",
    default: "onnx",
  }),
  "model": movedModelFlag,
  "output": string({
    help: "File to write (default RUN/NAME-STEP.FORMAT)",
    placeholder: "FILE",
  }),
  "averages": boolean({
    help: "Write the parameters themselves and not their moving averages",
    default: true,
  }),
};

const positionals = {
  run: word({ placeholder: "RUN", help: "Directory of the run that has learned" }),
};

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "export",
  summary: "Write what a run has learned as ONNX, safetensors or npz",
  positionals,
  flags,
  async run({ run: path, model, format, output, averages }, io) {
    const run = await openSavedRun(path, { averages, model });
    const name = `${basename(resolve(path))}-${run.checkpoint.step}.${format}`;
    const file = output ?? join(path, name);
    const pieces = encoders[format](run);
    await writeFileAtomically(file, pieces);
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    const mebibytes = (size / 2 ** 20).toFixed(1);
    io.log(printable(`Wrote ${file} (${mebibytes} MiB), step ${run.checkpoint.step}.`));
  },
};

const encoders: Record<"onnx" | "safetensors" | "npz", (run: SavedRun) => Uint8Array[]> = {
  onnx: ({ model, parameters, picture, classes }) => [
    encodeOnnx({ model, parameters, pictures: picture, classes }),
  ],
  safetensors(run) {
    const { classes, config, checkpoint } = run;
    return encodeSafetensors({
      tensors: named(run),
      metadata: {
        classes: JSON.stringify(classes),
        model: config.model,
        step: String(checkpoint.step),
      },
    });
  },
  npz: (run) => [encodeNpz(named(run))],
};

function named({ model: { parameters: table }, parameters }: SavedRun) {
  return tensorsOf(parameters, { table });
}
