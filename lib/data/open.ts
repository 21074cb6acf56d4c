/**
 * Data sets by name.
 *
 * @module
 */
import { cifar10, type DownloadProgress } from "./cifar10.ts";
import { cifar100 } from "./cifar100.ts";
import { local } from "../user_module.ts";
import { DataError, type Dataset } from "./dataset.ts";
import { openDatasetModule } from "./dataset_module.ts";
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
  /** Rows and columns of the pictures, for what resizes them: `folder`, and maybe a module of one's own. */
  readonly size?: number;
  /** Called as a download goes on, or the turning of files into records. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops it; what there is stays for the next time. */
  readonly signal?: AbortSignal;
}

/** Where a data set lies unless it is said: `data/NAME`; both labels of CIFAR-100 are in one place. */
export function defaultDataDir(name: string): string {
  return `data/${name === "cifar100-coarse" ? "cifar100" : name}`;
}

/**
 * Opens a data set, downloading it first where it is not there.
 *
 * @param name one of {@linkcode datasetNames}, or the URL of a module such as `file:///home/me/my_data.ts`, whose
 * default export is a data set or makes one ({@linkcode MakeDataset})
 * @throws {DataError} if there is none, or it is not what it should be
 *
 * @example
 * ```ts
 * import { openDataset } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = await openDataset("shapes", { dir: "data/shapes" });
 * assertEquals(dataset.classes.length, 10);
 * ```
 */
export async function openDataset(
  name: string,
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
  if (name.startsWith(local)) return await openDatasetModule(name, options);
  throw new DataError(
    `Cannot open the data set "${name}": needs one of ${
      datasetNames.join(", ")
    }, or the URL of a file, ` +
      `such as ${local}home/me/my_data.ts`,
  );
}
