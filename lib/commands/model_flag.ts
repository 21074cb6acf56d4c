/**
 * `--model`: a name, or a file.
 *
 * @module
 */
import { resolve, toFileUrl } from "@std/path";
import { string } from "../cli/flag_types.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import type { Model } from "../layers/sequential.ts";
import { ModelError, modelNames, type ModelOptions, openModel } from "../models/open.ts";

/** The flag. */
export const modelFlag: Flag<string | undefined> = string({
  help:
    `Network: ${
      modelNames.join(", ")
    }, or a file such as ./my_model.ts whose default export makes ` +
    "one (default tutorial)",
  placeholder: "NAME",
});

/**
 * What a run's configuration keeps of it: a name, or a file's URL, which holds wherever one resumes.
 *
 * @throws {UsageError} if there is no such name, and it is no file's
 */
export function modelName(given: string): string {
  if (modelNames.includes(given)) return given;
  const elsewhere = /^[a-z]{2,}:/i.test(given) && !given.startsWith("file:");
  if (!/[./\\]/.test(given) || elsewhere) {
    throw new UsageError(
      `Cannot use --model=${given}: needs one of ${modelNames.join(", ")}, or a file such as ` +
        "./my_model.ts",
    );
  }
  return given.startsWith("file:") ? given : toFileUrl(resolve(given)).href;
}

/**
 * The model of a run.
 *
 * @throws {UsageError} if there is none, or none that fits
 */
export async function openModelFor(
  name: string,
  options: ModelOptions,
): Promise<Model<"NHWC", "NC">> {
  try {
    return await openModel(name, options);
  } catch (error) {
    throw error instanceof ModelError ? new UsageError(error.message) : error;
  }
}
