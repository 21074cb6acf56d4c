/**
 * `predict`: what pictures show.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { boolean, integer, string } from "../cli/flag_types.ts";
import { UsageError } from "../cli/flags.ts";
import { count } from "../cli/format.ts";
import { words } from "../cli/positionals.ts";
import { printable } from "../cli/printable.ts";
import { table } from "../cli/table.ts";
import { decodeImage, resizeToCover } from "../data/image.ts";
import { luminanceOf } from "../data/luminance.ts";
import { Device } from "../gpu/device.ts";
import { Inference } from "../inference.ts";
import type { Picture } from "../picture.ts";
import { predict, type Prediction } from "../predict.ts";
import { messageOf } from "../system_error.ts";
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

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "predict",
  summary: "Say what pictures show",
  positionals,
  flags,
  async run({ images, checkpointDir, top, averages, json, adapter, model: moved }, io) {
    const run = await openSavedRun(checkpointDir, { averages, model: moved });
    requirePictures(run, checkpointDir);
    using device = await Device.open({ adapter });
    const { model, parameters } = run;
    using inference = await Inference.create(device, { model, parameters });
    const failed: string[] = [];
    for (const path of images) {
      try {
        const picture = await readPicture(path, run);
        const predictions = await predict(inference, picture, { classes: run.classes, top });
        if (json) io.log(JSON.stringify({ image: path, top: predictions }));
        else for (const line of describe(path, predictions)) io.log(line);
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

/** A picture in the size of those that the network was trained on, and in grey if they were. */
async function readPicture(path: string, { picture }: SavedRun): Promise<Picture> {
  const image = resizeToCover(decodeImage(await Deno.readFile(path), path), picture);
  return picture.channels === 1 ? luminanceOf(image) : image;
}

/** @throws {UsageError} if the network takes other numbers than a picture's */
function requirePictures({ picture: { channels } }: SavedRun, path: string): void {
  if (channels === 1 || channels === 3) return;
  throw new UsageError(
    `Cannot use ${path}: needs a network of pictures in grey or colour, 1 or 3 channels, got one of ${channels}; ` +
      "give it its numbers with Inference in a program of your own",
  );
}

function describe(path: string, predictions: readonly Prediction[]): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const rows = predictions.map(({ class: name, probability }) => [name, percent(probability)]);
  return [
    printable(`${path}: ${predictions[0].class}`),
    ...table(["class", "probability"], rows).slice(1),
  ];
}
