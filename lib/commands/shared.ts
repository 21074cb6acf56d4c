/**
 * Flags and steps that several commands share.
 *
 * @module
 */
import type { Io } from "../cli/command.ts";
import { choice, string } from "../cli/flag_types.ts";
import type { Flag } from "../cli/flags.ts";
import type { DownloadProgress } from "../data/cifar10.ts";
import type { Dataset } from "../data/dataset.ts";
import { type DatasetName, datasetNames, openDataset } from "../data/open.ts";
import type { AdapterPreference } from "../gpu/adapter.ts";

/** `--dataset`. */
export const datasetFlag: Flag<DatasetName | undefined> = choice(datasetNames, {
  help: "Data set: cifar10 is downloaded where it is not there, shapes needs no data " +
    "(default cifar10)",
});

/** `--data-dir`. */
export const dataDirFlag: Flag<string> = string({
  help: "Directory of the data set, and where a download goes",
  placeholder: "DIR",
  default: "data/cifar10",
});

/** `--adapter`. */
export const adapterFlag: Flag<AdapterPreference> = choice(
  ["high-performance", "low-power", "software"],
  { help: "Which adapter to run on", default: "high-performance" },
);

/** Opens a data set, saying how its download goes. */
export async function openDatasetFor(
  io: Io,
  { name, dir }: { name: DatasetName; dir: string },
): Promise<Dataset> {
  const started = performance.now();
  const onProgress = ({ received, total }: DownloadProgress) =>
    io.progress({
      step: Math.round(received / 2 ** 20),
      total: Math.round(total / 2 ** 20),
      elapsedSeconds: (performance.now() - started) / 1000,
    });
  try {
    return await openDataset(name, { dir, onProgress, signal: io.signal });
  } finally {
    io.progress(undefined);
  }
}
