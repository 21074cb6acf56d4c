/**
 * Data sets by name.
 *
 * @module
 */
import { cifar10, type DownloadProgress } from "./cifar10.ts";
import { cifar100 } from "./cifar100.ts";
import type { Dataset } from "./dataset.ts";
import { shapes } from "./shapes.ts";
import { svhn } from "./svhn.ts";

/** The names that {@linkcode openDataset} knows. */
export const datasetNames = [
  "cifar10",
  "cifar100",
  "cifar100-coarse",
  "svhn",
  "folder",
  "shapes",
] as const;

/** One of {@linkcode datasetNames}. */
export type DatasetName = typeof datasetNames[number];

/** Where a data set lies, and whom to tell of a download. */
export interface OpenDatasetOptions {
  /** The directory to look in and to download to. */
  readonly dir: string;
  /** Called as a download goes on, or the turning of files into records. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops it; what there is stays for the next time. */
  readonly signal?: AbortSignal;
}

/** Where a data set lies unless it is said: `data/NAME`; both labels of CIFAR-100 are in one place. */
export function defaultDataDir(name: DatasetName): string {
  return `data/${name === "cifar100-coarse" ? "cifar100" : name}`;
}

/** Opens a data set, downloading it first where it is not there. */
export async function openDataset(
  name: DatasetName,
  options: OpenDatasetOptions,
): Promise<Dataset> {
  switch (name) {
    case "cifar10":
      return cifar10(options);
    case "cifar100":
      return cifar100(options);
    case "cifar100-coarse":
      return cifar100({ ...options, labels: "coarse" });
    case "svhn":
      return svhn(options);
    case "folder": // loads decoders that others can do without
      return (await import("./folder.ts")).folder(options);
    case "shapes":
      return shapes();
  }
}
