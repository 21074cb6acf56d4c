/**
 * Whether a model and a data set belong together.
 *
 * @module
 */
import type { Dataset } from "./data/dataset.ts";
import type { Model } from "./layers/sequential.ts";
import { ShapeError } from "./shape.ts";

/**
 * Requires that a model can take a data set's pictures and tell its classes apart: kernels would take
 * whatever is there for what they need.
 *
 * @param doing what is to be done with them, to follow "Cannot"
 * @throws {ShapeError} if not
 */
export function requireFit(model: Model<"NHWC", "NC">, dataset: Dataset, doing: string): void {
  const { height, width, channels } = dataset.format;
  const [H, W, C] = model.input;
  const cannot = `Cannot ${doing} the model on ${dataset.name}: `;
  if (H > height || W > width || C !== channels) {
    throw new ShapeError(
      `${cannot}needs pictures of at least ${H}×${W} with ${C} channels, as it takes, got ` +
        `${height}×${width} with ${channels}`,
    );
  }
  const [, outputs] = model.outputShape(1);
  if (outputs === dataset.classes.length) return;
  throw new ShapeError(
    `${cannot}needs data of ${outputs} classes, as it has so many outputs, got ` +
      `${dataset.classes.length}`,
  );
}
