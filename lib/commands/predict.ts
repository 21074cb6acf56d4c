/**
 * `predict`: what pictures show.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { boolean, integer, string } from "../cli/flag_types.ts";
import { count } from "../cli/format.ts";
import { words } from "../cli/positionals.ts";
import { messageOf } from "../system_error.ts";
import { table } from "../cli/table.ts";
import { decodeImage, resizeToCover } from "../data/image.ts";
import { Device } from "../gpu/device.ts";
import { Inference } from "../inference.ts";
import { centralInput } from "../central_input.ts";
import { endsInSoftmax } from "../layers/softmax.ts";
import { movedModelFlag } from "./model_flag.ts";
import { openSavedRun, type SavedRun } from "./saved_run.ts";
import { adapterFlag } from "./shared.ts";

const flags = {
  "checkpoint-dir": string({
    help: "Directory of the run that has learned",
    placeholder: "DIR",
    default: "runs/cifar10",
  }),
  "model": movedModelFlag,
  "top": integer({ help: "Classes to name, the most probable ones", min: 1, default: 5 }),
  "averages": boolean({
    help: "Use the parameters themselves and not their moving averages",
    default: true,
  }),
  "json": boolean({ help: "Print one line of JSON for each picture" }),
  "adapter": adapterFlag,
};

const positionals = {
  images: words({ placeholder: "IMAGE", help: "A PNG or JPEG file of any size" }),
};

/** A class and how probable it is. */
interface Guess {
  readonly class: string;
  readonly probability: number;
}

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "predict",
  summary: "Say what pictures show",
  positionals,
  flags,
  async run({ images, checkpointDir, top, averages, json, adapter, model: moved }, io) {
    const run = await openSavedRun(checkpointDir, { averages, model: moved });
    using device = await Device.open({ adapter });
    const { model, parameters } = run;
    using inference = await Inference.create(device, { model, parameters });
    const failed: string[] = [];
    for (const path of images) {
      try {
        const x = centralInput(await readPicture(path, run), run.model.input);
        const y = await inference.run(x);
        const probabilities = endsInSoftmax(model) ? [...y] : softmaxOf(y);
        const guesses = rank(probabilities, run.classes).slice(0, top);
        if (json) io.log(JSON.stringify({ image: path, top: guesses }));
        else for (const line of describe(path, guesses)) io.log(line);
      } catch (error) {
        // The others are still worth knowing.
        failed.push(path);
        const message = messageOf(error);
        io.error(message.includes(path) ? message : `Cannot tell what ${path} shows: ${message}`);
      }
      if (io.signal.aborted) return;
    }
    if (failed.length > 0) {
      throw new Error(`${failed.length} of ${count(images.length, "picture")} got no answer.`);
    }
  },
};

/** A picture in the size of those that the network was trained on. */
async function readPicture(path: string, { picture }: SavedRun) {
  const image = decodeImage(await Deno.readFile(path), path);
  return resizeToCover(image, picture);
}

function softmaxOf(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const shares = Array.from(logits, (x) => Math.exp(x - most));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / sum);
}

function rank(probabilities: readonly number[], classes: readonly string[]): Guess[] {
  const guesses = classes.map((name, c) => ({ class: name, probability: probabilities[c] }));
  return guesses.sort((a, b) => b.probability - a.probability);
}

function describe(path: string, guesses: readonly Guess[]): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const rows = guesses.map((guess) => [guess.class, percent(guess.probability)]);
  return [`${path}: ${guesses[0].class}`, ...table(["class", "probability"], rows).slice(1)];
}
