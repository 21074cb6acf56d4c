/**
 * The loss of a classifier: cross-entropy and weight decay.
 *
 * @module
 */
import { decayPartials, lossAverages, sum, weightDecay } from "../../kernels/losses.wgsl.ts";
import { crossEntropy as crossEntropyKernel } from "../../kernels/softmax.wgsl.ts";
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
 * @param labels one `u32` an example, each below the number of classes
 * @param scale multiplies the gradient; see {@linkcode lossScale}. Default 1
 */
export function crossEntropy(
  logits: Tensor<Shape<"NC">>,
  { record, labels, scale = 1 }: { record: Recorder; labels: Tensor; scale?: number },
): CrossEntropy {
  const [rows, C] = logits.shape;
  return record.scope("cross_entropy", () => {
    const losses = record.tensor([rows], "losses");
    const loss = record.tensor([1], "mean");
    const dx = record.activation(logits.shape, "dx");
    record.dispatch(crossEntropyKernel({ rows, C }, { scale }), { x: logits, labels, losses, dx });
    record.dispatch(sum(rows, 1 / rows), { x: losses, total: loss });
    return { loss, dx };
  });
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
  /** One more than the first step whose total was not finite, or 0. */
  readonly firstBad: PlacedTensor;
}

/** The decay of the losses' moving averages. */
export const lossAverageDecay = 0.9;

/** Records the total of the terms and the moving averages of them all. */
export function totalLoss(
  terms: readonly LossTerm[],
  { record, step }: { record: Recorder; step: Tensor },
): LossBuffers {
  const names = [...terms.map(({ name }) => name), "total_loss"];
  const losses = record.keep([names.length], "losses");
  const averages = record.keep([names.length], "loss averages");
  const firstBad = record.keep([1], "first bad step");
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
