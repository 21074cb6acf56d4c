/**
 * `data show`: pictures of a data set before and after distortion.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { choice, integer, string } from "../cli/flag_types.ts";
import { count as counted } from "../cli/format.ts";
import { printable } from "../cli/printable.ts";
import { oneOf } from "../cli/positionals.ts";
import { writeFileAtomically } from "../files.ts";
import { Device } from "../gpu/device.ts";
import { cropOf } from "../models/open.ts";
import { encodePng } from "../summary/png.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import {
  dataDirFlag,
  dataDirOf,
  datasetFlag,
  datasetName,
  imageSizeFlag,
  openDatasetFor,
} from "./dataset_flag.ts";
import { exampleSheet } from "./example_sheet.ts";
import { shortName } from "./name_or_file.ts";
import { seenExamples } from "./seen_examples.ts";
import { adapterFlag } from "./shared.ts";

const flags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
  "image-size": imageSizeFlag,
  "split": choice(["train", "test"], {
    help: "Pictures to train on, distorted, or to be judged by, cropped in the middle",
    default: "train",
  }),
  "count": integer({ help: "How many pictures", min: 1, max: 1024, default: 32 }),
  "seed": integer({
    help: "Seed of the run whose first pictures to show; its batch and queue are train's defaults",
    min: 0,
    default: tutorialRecipe.seed,
  }),
  "output": string({
    help: "The PNG file to write; one that is there is replaced (default DATASET-SPLIT.png)",
    placeholder: "FILE",
  }),
  "adapter": adapterFlag,
};

const positionals = {
  action: oneOf(["show"], {
    help: "Write a PNG with pictures and their labels, each as it is stored and as the network " +
      "sees it in the first steps of train, or in eval",
  }),
};

/** The command. */
export const command: Command<typeof flags, typeof positionals> = {
  name: "data",
  summary: "Show pictures of a data set as they are stored and as the network sees them",
  positionals,
  flags,
  async run({ dataset: given = "cifar10", dataDir, split, count, seed, output, ...flags }, io) {
    const name = datasetName(given);
    const dir = await dataDirOf(name, { given: dataDir });
    const dataset = await openDatasetFor(io, { name, dir, imageSize: flags.imageSize });
    using device = await Device.open({ adapter: flags.adapter });
    const size = cropOf(dataset.format), crop = [size, size] as const;
    const distortion = { ...tutorialRecipe.distortion, flip: dataset.flip ?? true };
    const recipe = { ...tutorialRecipe, seed, distortion };
    const options = { dataset, split, count, recipe, crop, signal: io.signal };
    const examples = await seenExamples(device, options);
    const sheet = exampleSheet(examples, { dataset, crop });
    const path = output ?? `${shortName(name)}-${split}.png`;
    await writeFileAtomically(path, [await encodePng(sheet)]);
    const seen = split === "train"
      ? `as training with --seed=${seed} sees it from step 0 on`
      : "as evaluation sees it";
    const what = `${counted(examples.length, "picture")} of ${dataset.name} ${split}`;
    io.log(printable(`Wrote ${path}: ${what}, each as stored and ${seen}.`));
  },
};
