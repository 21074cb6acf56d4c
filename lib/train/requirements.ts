/**
 * What has to hold before training can begin.
 *
 * @module
 */
import { countRecords } from "../data/dataset.ts";
import { requireFit } from "../fit.ts";
import { endsInSoftmax } from "../layers/softmax.ts";
import { gradientDescent } from "../optim/optimizers.ts";
import { TrainingError } from "./keeper.ts";
import { count, notNegative, requireNumbers } from "./rules.ts";
import type { TrainOptions } from "./trainer.ts";

/**
 * Requires that what training is given can be trained.
 *
 * @param options `towers` are those of this process
 * @throws {RangeError} if a number is out of its range, or there is nothing to learn from
 * @throws {ShapeError} if model, parameters, snapshot and data do not fit one another
 * @throws {TrainingError} if the model ends in softmax, or the run goes on by another kind of optimizer
 */
export function requireTrainable(options: TrainOptions & { towers: number }): void {
  const { model, dataset, recipe, resume, parameters, saveSteps, towers } = options;
  if (towers === 0) {
    throw new RangeError(
      "Cannot train: needs a device, or the place of at least one tower, got no place; placeTowers makes some",
    );
  }
  if (endsInSoftmax(model)) {
    throw new TrainingError(
      "Cannot train a model that ends in softmax: the loss needs logits, as it takes their softmax itself, " +
        "got probabilities; leave the last layer out, and put it back to use the model",
    );
  }
  const { kind } = recipe?.optimizer ?? gradientDescent();
  if (resume && resume.optimizer !== kind) {
    throw new TrainingError(
      `Cannot resume the run by ${kind}: it was one by ${resume.optimizer} up to step ${resume.step}, whose ` +
        "arrays mean something else; give the recipe that optimizer, or begin a run with the parameters alone",
    );
  }
  requireFit(model, dataset, "train");
  if (parameters) model.parameters.requireArena(parameters, "train the model");
  for (const arena of resume ? [resume.tower.parameters, resume.tower.averages] : []) {
    model.parameters.requireArena(arena, "go on from the snapshot with this model");
  }
  requireNumbers("train", {
    maxSteps: [options.maxSteps, count(0)],
    logFrequency: [options.logFrequency, count(1)],
    summarySteps: [options.summarySteps, count(1)],
    saveSteps: [saveSteps === Infinity ? undefined : saveSteps, count(1)],
    saveSeconds: [options.saveSeconds, notNegative],
  });
  if (countRecords(dataset, "train") > 0) return;
  throw new RangeError(`Cannot train on ${dataset.name}: needs examples to learn from, got none`);
}
