/**
 * `--model`: a name, or a file.
 *
 * @module
 */
import { string } from "../cli/flag_types.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import type { Dataset, RecordFormat } from "../data/dataset.ts";
import type { Model } from "../layers/sequential.ts";
import { cropOf, ModelError, modelNames, type ModelOptions, openModel } from "../models/open.ts";
import { keptOrMoved, nameOrFile, whereNow } from "./name_or_file.ts";

/** The flag. */
export const modelFlag: Flag<string | undefined> = string({
  help:
    `Network: ${
      modelNames.join(", ")
    }, or a file such as ./my_model.ts whose default export makes ` +
    "one (default tutorial)",
  placeholder: "NAME",
});

/** The flag of commands that take the model of a run. */
export const movedModelFlag: Flag<string | undefined> = string({
  help: "The file of the run's own model, where it was moved",
  placeholder: "FILE",
});

const models = { flag: "model", names: modelNames, example: "./my_model.ts" } as const;

/**
 * The model of a run, or the file that it is in now.
 *
 * @throws {UsageError} if the run has not a model of one's own
 */
export function movedModel(kept: string, given: string | undefined): string {
  return keptOrMoved(kept, { given, ...models });
}

/**
 * What a run's configuration keeps of it: a name, or a file's URL, which holds wherever one resumes.
 *
 * @throws {UsageError} if there is no such name, and it is no file's
 */
export function modelName(given: string): string {
  return nameOrFile(given, models);
}

/** What a model is made for. */
export interface Task {
  /** Number of classes. */
  readonly classes: number;
  /** Sizes of the pictures as stored. Default: whatever the model takes. */
  readonly picture?: Pick<RecordFormat, "height" | "width" | "channels">;
}

/** The task of a data set. */
export function taskOf({ classes, format }: Pick<Dataset, "classes" | "format">): Task {
  return { classes: classes.length, picture: format };
}

/**
 * The model of a run.
 *
 * @throws {UsageError} if there is none, or none that fits the pictures
 */
export async function openModelFor(
  name: string,
  { classes, picture }: Task,
): Promise<Model<"NHWC", "NC">> {
  if (!picture) return await open(name, { classes });
  const { height, width, channels } = picture;
  const model = await open(name, { classes, channels, crop: cropOf(picture) });
  const [H, W, C] = model.input;
  if (H <= height && W <= width && C === channels) return model;
  throw new UsageError(
    `Cannot use the model ${name}: needs pictures of ${H}×${W}×${C} at least, got ${height}×${width}×` +
      `${channels}; have it take { crop, channels }, or choose other data`,
  );
}

async function open(name: string, options: ModelOptions): Promise<Model<"NHWC", "NC">> {
  try {
    return await openModel(name, options);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new UsageError(error.message + whereNow(error, models));
  }
}
