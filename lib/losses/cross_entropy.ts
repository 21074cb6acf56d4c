/**
 * The loss of a classifier.
 *
 * @module
 */
import { sum } from "../../kernels/losses.wgsl.ts";
import { crossEntropy as crossEntropyKernel } from "../../kernels/softmax.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Shape } from "../shape.ts";

/** A recorded loss. */
export interface RecordedLoss {
  /** One element: the mean over the batch. */
  readonly loss: Tensor;
  /** The gradient of the mean with respect to the logits, times the scale. */
  readonly dx: Tensor<Shape<"NC">>;
}

/** What a loss is recorded with. */
export interface LossOptions {
  /** Where to record. */
  readonly record: Recorder;
  /** One `u32` an example, each below the number of classes. */
  readonly labels: Tensor;
  /** Multiplies the gradient; see {@linkcode lossScale}. Default 1. */
  readonly scale?: number;
  /** ε: the target of the label's class is `1 − ε + ε / C`, that of every other `ε / C`. Default 0. */
  readonly smoothing?: number;
  /** Where the mean goes, and what is then given as `loss`. Default: scratch. */
  readonly loss?: Tensor;
}

/** Records the loss of logits and its gradient; {@linkcode crossEntropy} is one. */
export type RecordLoss = (logits: Tensor<Shape<"NC">>, options: LossOptions) => RecordedLoss;

/**
 * Records the mean softmax cross-entropy of logits with integer labels,
 * `loss = mean_n (log Σ_j exp(x_nj) − x_n,label(n))`, and its gradient
 * `dx_nc = (softmax(x_n)_c − [c = label(n)]) / N`. Computed from `x − max x`, so large logits are safe.
 *
 * @example Within a training step of one's own
 * ```ts
 * import { crossEntropy, Device } from "@tower/nn";
 * import { readOnce, Recorder } from "@tower/nn/layers";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const record = new Recorder(device);
 * const logits = record.keep([2, 3], "logits"), labels = record.keep([2], "labels");
 * const mean = record.output(crossEntropy(logits, { record, labels }).loss, "mean");
 * using program = await record.compile(device);
 * program.write(labels, Uint32Array.of(0, 2));
 * program.run(); // on logits that are all 0
 * const [loss] = new Float32Array(await readOnce(device, [program.span(mean)]));
 * assertAlmostEquals(loss, Math.log(3), 1e-6);
 * ```
 */
export function crossEntropy(
  logits: Tensor<Shape<"NC">>,
  { record, labels, scale = 1, smoothing = 0, ...options }: LossOptions,
): RecordedLoss {
  const [rows, C] = logits.shape;
  return record.scope("cross_entropy", () => {
    const losses = record.tensor([rows], "losses");
    const loss = options.loss ?? record.tensor([1], "mean");
    const dx = record.activation(logits.shape, "dx");
    record.dispatch(crossEntropyKernel({ rows, C }, { scale, smoothing }), {
      x: logits,
      labels,
      losses,
      dx,
    });
    record.dispatch(sum(rows, 1 / rows), { x: losses, total: loss });
    return { loss, dx };
  });
}
