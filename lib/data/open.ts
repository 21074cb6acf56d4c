/**
 * Data sets by name.
 *
 * @module
 */
import { cifar10, type DownloadProgress } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { shapes } from "./shapes.ts";

/** The names that {@linkcode openDataset} knows. */
export const datasetNames = ["cifar10", "shapes"] as const;

/** One of {@linkcode datasetNames}. */
export type DatasetName = typeof datasetNames[number];

/** Where a data set lies, and whom to tell of a download. */
export interface OpenDatasetOptions {
  /** The directory to look in and to download to. */
  readonly dir: string;
  /** Called as a download goes on. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops a download; what there is stays for the next time. */
  readonly signal?: AbortSignal;
}

/** Opens a data set, downloading it first where it is not there. */
export function openDataset(name: DatasetName, options: OpenDatasetOptions): Promise<Dataset> {
  switch (name) {
    case "cifar10":
      return cifar10(options);
    case "shapes":
      return Promise.resolve(shapes());
  }
}
