/**
 * CIFAR-100: 60,000 photographs like those of CIFAR-10, of 100 classes in 20 groups of five.
 *
 * A. Krizhevsky: Learning multiple layers of features from tiny images (2009).
 *
 * @module
 */

import { join } from "@std/path";
import { cifarFiles, readClasses } from "./cifar_files.ts";
import { type Dataset, recordBytes, type RecordFormat } from "./dataset.ts";
import { filePart } from "./file_part.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { DownloadOptions, RemoteFile } from "./receive.ts";

/** The archive in its binary version, as its author publishes it. */
export const cifar100Archive: RemoteFile = {
  url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
  bytes: 168_513_733,
  md5: "03b5dce01913d631647c71ecec9e9cb8",
};

/** Where CIFAR-100 lies, which of its labels are meant, and whom to tell of a download. */
export interface Cifar100Options extends Omit<DownloadOptions, "path"> {
  /** The directory that has the files or `cifar-100-binary/` with them, or is to have the latter. */
  readonly dir: string;
  /** The 100 classes or the 20 groups; default `fine`. */
  readonly labels?: "fine" | "coarse";
  /** What is downloaded where they are missing; default {@linkcode cifar100Archive}. */
  readonly archive?: RemoteFile;
  /** Records in each file; default 50,000 and 10,000. */
  readonly records?: { readonly train: number; readonly test: number };
}

/** A record has both labels, the coarse one first. */
const format: RecordFormat = { labelBytes: 2, labelAt: 1, height: 32, width: 32, channels: 3 };

const classes = {
  fine: `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus
    butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab
    crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
    lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
    oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
    possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
    spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
    train trout tulip turtle wardrobe whale willow_tree wolf woman worm`.split(/\s+/),
  coarse: `aquatic_mammals fish flowers food_containers fruit_and_vegetables
    household_electrical_devices household_furniture insects large_carnivores
    large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores
    medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1
    vehicles_2`.split(/\s+/),
};

/**
 * CIFAR-100 from a directory. What is missing there is taken from `cifar-100-binary.tar.gz` in the
 * same directory, which is downloaded if it is missing too.
 *
 * @throws {DataError} if a file or the archive is not what it should be, or the download fails
 */
export async function cifar100(options: Cifar100Options): Promise<Dataset> {
  const {
    archive = cifar100Archive,
    labels = "fine",
    records = { train: 50_000, test: 10_000 },
  } = options;
  const place = await cifarFiles({
    ...options,
    archive,
    archiveName: "cifar-100-binary.tar.gz",
    folder: "cifar-100-binary",
    files: (["train", "test"] as const).map((split) => ({
      name: `${split}.bin`,
      bytes: records[split] * recordBytes(format),
    })),
  });
  const [train, test] = ["train.bin", "test.bin"].map((name) => join(place, name));
  return {
    name: labels === "fine" ? "cifar100" : "cifar100-coarse",
    classes: await readClasses(join(place, `${labels}_label_names.txt`), classes[labels]),
    format: { ...format, labelAt: labels === "fine" ? 1 : 0 },
    fingerprint: await fingerprintOf([train, test]),
    parts: {
      train: [filePart(train, { records: records.train })],
      test: [filePart(test, { records: records.test })],
    },
  };
}
