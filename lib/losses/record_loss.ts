/**
 * Losses of one's own, recorded as training needs them.
 *
 * @module
 */
import type { PlacedTensor, Tensor } from "../gpu/tensor.ts";
import { formatShape, type Shape, ShapeError } from "../shape.ts";
import type { LossOptions, RecordedLoss, RecordLoss } from "./cross_entropy.ts";

/**
 * Records a loss whose mean is to be found in `loss`.
 *
 * @throws {TypeError} if it puts the mean elsewhere, where nobody would look
 * @throws {ShapeError} if its gradient is not of the logits' shape
 */
export function recordLossInto(
  recordLoss: RecordLoss,
  logits: Tensor<Shape<"NC">>,
  options: LossOptions & { loss: PlacedTensor },
): RecordedLoss {
  const recorded = recordLoss(logits, options);
  if (recorded.loss.place !== options.loss.place) {
    throw new TypeError(
      "Cannot record the loss: needs the mean in the tensor that it is given as options.loss, got another one; " +
        "dispatch into options.loss and return it as loss",
    );
  }
  const [needed, got] = [logits.shape, recorded.dx.shape].map(formatShape);
  if (needed === got) return recorded;
  throw new ShapeError(
    `Cannot record the loss: needs dx in the shape of the logits, ${needed}, got ${got}`,
  );
}
