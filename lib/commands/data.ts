/**
 * `data show`: pictures of a data set before and after distortion.
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { choice, integer, string } from "../cli/flag_types.ts";
import { count as counted } from "../cli/format.ts";
import { oneOf } from "../cli/positionals.ts";
import { writeFileAtomically } from "../files.ts";
import { Device } from "../gpu/device.ts";
import { tutorialNetwork } from "../models/tutorial.ts";
import { encodePng } from "../summary/png.ts";
import { tutorialRecipe } from "../train/recipe.ts";
import { exampleSheet } from "./example_sheet.ts";
import { seenExamples } from "./seen_examples.ts";
import { adapterFlag, dataDirFlag, dataDirOf, datasetFlag, openDatasetFor } from "./shared.ts";

const flags = {
  "dataset": datasetFlag,
  "data-dir": dataDirFlag,
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
  async run({ dataset: name = "cifar10", dataDir, split, count, seed, output, adapter }, io) {
    const dataset = await openDatasetFor(io, {
      name,
      dir: await dataDirOf(name, { given: dataDir }),
    });
    using device = await Device.open({ adapter });
    const { input: [CH, CW] } = tutorialNetwork();
    const recipe = { ...tutorialRecipe, seed };
    const options = { dataset, split, count, recipe, crop: [CH, CW] as const, signal: io.signal };
    const examples = await seenExamples(device, options);
    const sheet = exampleSheet(examples, { dataset, crop: [CH, CW] });
    const path = output ?? `${name}-${split}.png`;
    await writeFileAtomically(path, [await encodePng(sheet)]);
    const seen = split === "train"
      ? `as training with --seed=${seed} sees it from step 0 on`
      : "as evaluation sees it";
    io.log(
      `Wrote ${path}: ${
        counted(examples.length, "picture")
      } of ${name} ${split}, each as stored and ${seen}.`,
    );
  },
};
