/**
 * The loss of a classifier: cross-entropy and weight decay, and its scale.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import { decayPartials, lossAverages, sum, weightDecay } from "../../kernels/losses.wgsl.ts";
import { crossEntropy as crossEntropyKernel } from "../../kernels/softmax.wgsl.ts";
import { unscale } from "../../kernels/unscale.wgsl.ts";
import type { Arena } from "../gpu/arena.ts";
import type { PlacedTensor, Recorder, Tensor } from "../gpu/recorder.ts";
import type { Shape } from "../shape.ts";

/** A recorded loss. */
export interface CrossEntropy {
  /** One element: the mean over the batch. */
  readonly loss: Tensor;
  /** The gradient of the mean with respect to the logits, times the scale. */
  readonly dx: Tensor<Shape<"NC">>;
}

/**
 * Records the mean softmax cross-entropy of logits with integer labels,
 * `loss = mean_n (log Σ_j exp(x_nj) − x_n,label(n))`, and its gradient
 * `dx_nc = (softmax(x_n)_c − [c = label(n)]) / N`. Computed from `x − max x`, so large logits are safe.
 *
 * @param smoothing ε: the target of the label's class is `1 − ε + ε / C`, that of every other `ε / C`. Default 0
 * @param labels one `u32` an example, each below the number of classes
 * @param scale multiplies the gradient; see {@linkcode lossScale}. Default 1
 */
export function crossEntropy(
  logits: Tensor<Shape<"NC">>,
  { record, labels, scale = 1, smoothing = 0 }: {
    record: Recorder;
    labels: Tensor;
    scale?: number;
    smoothing?: number;
  },
): CrossEntropy {
  const [rows, C] = logits.shape;
  return record.scope("cross_entropy", () => {
    const losses = record.tensor([rows], "losses");
    const loss = record.tensor([1], "mean");
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

/**
 * What the gradients of the logits, `1 / N` at most, are scaled to at most where they are stored as
 * `f16`: 2⁸ leaves as much room for growth below the largest number, and a factor of 2²² down to the
 * smallest of full precision.
 */
const largestLogitGradient = 2 ** 8;

/**
 * What multiplies the gradients of the activations of a batch, so that those stored as `f16` neither
 * vanish nor overflow: a power of two, as that takes nothing from their precision. 1 for `f32`.
 *
 * Source: Micikevicius et al., "Mixed precision training" (2018).
 */
export function lossScale(batch: number, activations: ElementType): number {
  return activations === "f32" ? 1 : 2 ** Math.floor(Math.log2(batch)) * largestLogitGradient;
}

/**
 * Records `g ← g / scale` for the gradients of all parameters that are trained; what stands in place of
 * the others' does not come from the loss. A gradient that is not finite is found here, as the loss would
 * show it only after the update.
 */
export function unscaleGradients(
  record: Recorder,
  { gradients, scale, step, firstBad }: {
    gradients: Arena;
    scale: number;
    step: Tensor;
    firstBad: Tensor;
  },
): void {
  const { length, trainedLength } = gradients.table;
  record.scope("unscale", () =>
    record.dispatch(unscale(length, { scale, scaled: trainedLength }), {
      step,
      gradients: gradients.all,
      first_bad: firstBad,
    }));
}

/** A term of the total loss. */
export interface LossTerm {
  /** Its name in logs and summaries. */
  readonly name: string;
  /** One element. */
  readonly loss: Tensor;
}

/**
 * Records the L2 terms `λ · ½‖w‖²` of all parameters that have one, and adds `λ w` to their
 * gradients, which must have been written before.
 */
export function weightDecayTerms(
  record: Recorder,
  { values, gradients }: { values: Arena; gradients: Arena },
): LossTerm[] {
  const decayed = values.table.entries.filter((entry) => entry.decay > 0);
  return decayed.map(({ name, size, decay }) =>
    record.scope("weight_decay", () => {
      const partials = record.tensor([decayPartials(size)], "partials");
      const loss = record.tensor([1], name);
      const tensors = { w: values.tensor(name), dw: gradients.tensor(name), partials };
      record.dispatch(weightDecay(size, decay), tensors);
      record.dispatch(sum(decayPartials(size), 1), { x: partials, total: loss });
      return { name: `${name.slice(0, name.lastIndexOf("/"))}/weight_loss`, loss };
    })
  );
}

/** Where the losses of the current step and their moving averages lie. */
export interface LossBuffers {
  /** The names in order; the last is `total_loss`. */
  readonly names: readonly string[];
  /** The losses of the last step. */
  readonly losses: PlacedTensor;
  /** Their moving averages, started at zero and not yet corrected for it. */
  readonly averages: PlacedTensor;
  /** One more than the first step whose total or scaled gradient was not finite, or 0. */
  readonly firstBad: PlacedTensor;
}

/** The decay of the losses' moving averages. */
export const lossAverageDecay = 0.9;

/** Records the total of the terms and the moving averages of them all. */
export function totalLoss(
  terms: readonly LossTerm[],
  { record, step, firstBad }: { record: Recorder; step: Tensor; firstBad: PlacedTensor },
): LossBuffers {
  const names = [...terms.map(({ name }) => name), "total_loss"];
  const losses = record.keep([names.length], "losses");
  const averages = record.keep([names.length], "loss averages");
  const inputs = Object.fromEntries(terms.map(({ loss }, t) => [`term_${t}`, loss]));
  record.scope("total_loss", () =>
    record.dispatch(lossAverages(terms.length, lossAverageDecay), {
      step,
      losses,
      averages,
      first_bad: firstBad,
      ...inputs,
    }));
  return { names, losses, averages, firstBad };
}
