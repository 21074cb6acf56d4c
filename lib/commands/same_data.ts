/**
 * That a run meets the data that it knows.
 *
 * @module
 */
import { UsageError } from "../cli/flags.ts";
import { count } from "../cli/format.ts";
import { countRecords, type Dataset } from "../data/dataset.ts";
import type { RunConfig } from "../train/run_directory.ts";

/**
 * @param what what would be done with the run, such as `evaluate runs/photos`
 * @throws {UsageError} if the data set has not the classes that the run has learned, in their order, and
 * pictures of the size that it knows
 */
export function requireSameClasses(
  { classes, picture }: Partial<RunConfig>,
  { dataset, what }: { dataset: Dataset; what: string },
): void {
  const sizeOf = ({ height, width, channels }: NonNullable<RunConfig["picture"]>) =>
    `${height}×${width}×${channels}`;
  if (picture && sizeOf(picture) !== sizeOf(dataset.format)) {
    throw new UsageError(
      `Cannot ${what} on ${dataset.name}: needs pictures of ${
        sizeOf(picture)
      }, as the run has learned from, ` +
        `got ${sizeOf(dataset.format)}; --dataset and --data-dir name other data`,
    );
  }
  if (!classes || classes.join("\n") === dataset.classes.join("\n")) return;
  throw new UsageError(
    `Cannot ${what} on ${dataset.name}: needs the classes that the run has learned (${
      listOf(classes)
    }), ` +
      `got ${listOf(dataset.classes)}; --dataset and --data-dir name other data`,
  );
}

/**
 * @throws {UsageError} if the data set has not the classes of the run, or others of its pictures: examples would
 * not be those that would have come
 */
export function requireSameData(
  config: RunConfig,
  { dataset, path }: { dataset: Dataset; path: string },
): void {
  requireSameClasses(config, { dataset, what: `resume ${path}` });
  if (!config.pictures) return; // a run of old
  const { train, fingerprint } = config.pictures;
  const found = countRecords(dataset, "train");
  // A run of old knows of some data sets how many pictures they have, and no more.
  const same = fingerprint === undefined || fingerprint === dataset.fingerprint;
  if (found === train && same) return;
  const got = found === train ? `as many, but others` : `${found}`;
  throw new UsageError(
    `Cannot resume ${path}: needs the ${
      count(train, "picture")
    } of ${dataset.name} that it was started with, got ` +
      `${got}; bring them back, or start a new run with --init-from=${path}`,
  );
}

/** The first names of a list, and how many more there are. */
function listOf(classes: readonly string[]): string {
  const shown = classes.slice(0, 12).join(", ");
  return classes.length > 12 ? `${shown} and ${classes.length - 12} more` : shown;
}
