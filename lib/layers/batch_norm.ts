/**
 * Batch normalization.
 *
 * @module
 */
import {
  columnMoments,
  mergeMoments,
  partsOf,
  runningStep,
  type TableSizes,
} from "../../kernels/moments.wgsl.ts";
import {
  channelInputGradient,
  constantInputGradient,
  normalizeForward,
} from "../../kernels/normalize.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { constantInitializer } from "../parameters.ts";
import { formatShape, type Layout, type Shape, ShapeError } from "../shape.ts";
import type { Layer } from "./layer.ts";
import {
  affineParameters,
  recordAffineGradient,
  requireEpsilon,
  tableOf,
} from "./normalization.ts";

/** Options of {@linkcode batchNorm}. */
export interface BatchNormOptions {
  /** Its name in the model. Default `norm`. */
  readonly name?: string;
  /** ε, added to the variance; above 0. Default 1e-5. */
  readonly epsilon?: number;
  /** m, the share of the running averages that a step keeps, in [0, 1]. Default 0.9. */
  readonly momentum?: number;
  /** What γ starts from. Default 1. */
  readonly gamma?: number;
}

/**
 * `y = γ (x − μ) / √(σ² + ε) + β`, for each channel by itself.
 *
 * In training, mean `μ` and biased variance `σ²` are those of the batch, over all its examples and
 * pixels, and running averages move towards them: `running ← m · running + (1 − m) · batch`. So `m` is
 * Keras's `momentum`, and 1 less PyTorch's. As in PyTorch, and in TensorFlow's fused form, the running
 * variance takes the unbiased one, `σ² · M / (M − 1)` of `M` numbers. In inference, `μ` and `σ²` are
 * the running averages.
 *
 * Parameters: `gamma` `C`, from 1; `beta` `C`, from 0; `running_mean` `C`, from 0, and
 * `running_variance` `C`, from 1, which are not trained: in place of their gradient stands what a step
 * takes away, `(1 − m)(running − batch)`.
 *
 * With several towers each normalizes by the statistics of its own batch, so `N` towers of `B` examples
 * do not compute what one tower of `N·B` does. The running averages move by the mean of the towers'
 * steps: the mean of their means, which is that of all examples, and of their variances, which leaves
 * out how the towers' means differ.
 *
 * Source: Ioffe, Szegedy, "Batch normalization" (2015).
 *
 * @throws {ShapeError} if ε is not above 0 or the momentum not in [0, 1]; when it is recorded for
 * training, if a channel has only one number, whose variance says nothing
 *
 * @example
 * ```ts
 * import { batchNorm } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { running_mean } = batchNorm("NHWC").parameters([128, 24, 24, 64]);
 * assertEquals([running_mean.shape, running_mean.trained], [[64], false]);
 * ```
 */
export function batchNorm<L extends Layout>(
  layout: L,
  options: BatchNormOptions = {},
): Layer<L, L> {
  const { name = "norm", epsilon = 1e-5, momentum = 0.9, gamma: initial = 1 } = options;
  requireEpsilon(name, epsilon);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ShapeError(`Cannot build ${name}: needs a momentum in [0, 1], got ${momentum}`);
  }
  return {
    name,
    kind: "batch_norm",
    input: layout,
    output: layout,
    outputShape: (x) => x,
    parameters(x) {
      const { C } = tableOf(x);
      return {
        ...affineParameters(C, initial),
        running_mean: { shape: [C], initial: constantInitializer(0), trained: false },
        running_variance: { shape: [C], initial: constantInitializer(1), trained: false },
      };
    },
    attributes: () => ({ epsilon, momentum }),
    multiplyAdds: () => 0,
    apply(x, { record, training, parameters }) {
      const { gamma, beta, running_mean, running_variance } = parameters;
      const sizes = { ...tableOf(x.shape), per: "channel", epsilon } as const;
      const { rows, C } = sizes;
      if (training && rows === 1) {
        throw new ShapeError(
          `Cannot train ${name}: needs at least 2 numbers in a channel, got 1 of ${
            formatShape(x.shape)
          }; use a larger batch`,
        );
      }
      const running = { mean: running_mean.value, variance: running_variance.value };
      const statistics = training ? recordMoments(record, { x, sizes }) : running;
      const y = record.activation<Shape<L>>(x.shape, "y");
      const affine = { gamma: gamma.value, beta: beta.value };
      record.dispatch(normalizeForward(sizes), { x, ...statistics, ...affine, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          recordAffineGradient(record, { sizes, x, ...statistics, dy, gamma, beta });
          const factor = training ? rows / (rows - 1) : 1;
          record.dispatch(runningStep({ C, weight: 1 - momentum, factor }), {
            ...statistics,
            running_mean: running.mean,
            running_variance: running.variance,
            mean_step: running_mean.gradient,
            variance_step: running_variance.gradient,
          });
          if (!needsInput) return;
          const dx = record.activation<Shape<L>>(x.shape, "dx");
          const tensors = { x, ...statistics, gamma: gamma.value, dy, dx };
          const sums = { dgamma: gamma.gradient, dbeta: beta.gradient };
          if (training) record.dispatch(channelInputGradient(sizes), { ...tensors, ...sums });
          else record.dispatch(constantInputGradient(sizes), tensors);
          return dx;
        },
      };
    },
  };
}

/** Records mean and biased variance of each channel. */
function recordMoments(
  record: Recorder,
  { x, sizes }: { x: Tensor; sizes: TableSizes },
): { mean: Tensor; variance: Tensor } {
  const { rows, C } = sizes;
  const means = record.tensor([partsOf(rows), C], "means");
  const squares = record.tensor([partsOf(rows), C], "squares");
  const mean = record.tensor([C], "mean");
  const variance = record.tensor([C], "variance");
  record.dispatch(columnMoments(sizes), { x, means, squares });
  record.dispatch(mergeMoments(sizes), { means, squares, mean, variance });
  return { mean, variance };
}
