/**
 * Data sets of modules that users write.
 *
 * @module
 */

import { importDefault } from "../user_module.ts";
import { DataError, type Dataset, type RecordFormat } from "./dataset.ts";
import type { OpenDatasetOptions } from "./open.ts";

/** Makes a data set; what a module of one's own exports as default, unless that is a data set itself. */
export type MakeDataset = (options: OpenDatasetOptions) => Dataset | Promise<Dataset>;

/** A module of one's own gives no data set. */
export class DatasetModuleError extends DataError {
  /** The name of the class. */
  override readonly name: string = "DatasetModuleError";
}

/**
 * The data set of a module.
 *
 * @param url such as `file:///home/me/my_data.ts`
 * @throws {DatasetModuleError} if the module cannot be loaded, fails, or gives something else
 */
export async function openDatasetModule(
  url: string,
  options: OpenDatasetOptions,
): Promise<Dataset> {
  const made = await makeOf(url, options).catch((cause) => {
    options.signal?.throwIfAborted();
    throw cause instanceof DataError ? cause : refuse(url, (cause as Error).message, cause);
  });
  const wrong = problemOf(made);
  if (wrong === undefined) return made as Dataset;
  throw refuse(
    url,
    "needs a default export that is a data set, or makes one as ({ dir }) => datasetOf({ … }) does, got " +
      wrong,
  );
}

async function makeOf(url: string, options: OpenDatasetOptions): Promise<unknown> {
  const make = await importDefault(url);
  return typeof make === "function" ? await make(options) : make;
}

function refuse(url: string, why: string, cause?: unknown): DatasetModuleError {
  return new DatasetModuleError(`Cannot make a data set of ${url}: ${why}`, { cause });
}

/** What a data set is not, to follow "got"; nothing if it is one. */
function problemOf(made: unknown): string | undefined {
  if (typeof made !== "object" || made === null) return made === null ? "null" : typeof made;
  const { name, classes, format, parts } = made as Partial<Dataset>;
  if (typeof name !== "string") return "one without a name";
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === "string")) {
    return "one without names of classes";
  }
  if (!isFormat(format)) return "one without a format of whole numbers";
  const splits = [parts?.train, parts?.test];
  if (!splits.every((split) => Array.isArray(split) && split.every(isPart))) {
    return "one without the parts train and test, each a list";
  }
}

function isFormat(format: unknown): boolean {
  const { labelBytes, labelAt, height, width, channels } = (format ?? {}) as Partial<RecordFormat>;
  return [labelBytes, labelAt, height, width, channels].every((value) =>
    Number.isSafeInteger(value) && value! >= 0
  );
}

function isPart(part: unknown): boolean {
  const { name, records, open } = (part ?? {}) as Record<string, unknown>;
  return typeof name === "string" && Number.isSafeInteger(records) && typeof open === "function";
}
