/**
 * The terms of a loss and their total.
 *
 * @module
 */
import { lossAverages, sum, termStride, weightDecay } from "../../kernels/losses.wgsl.ts";
import { sumParts } from "../../kernels/sum_in_parts.wgsl.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { PlacedTensor, Tensor } from "../gpu/tensor.ts";
import type { ParameterTable } from "../parameters.ts";

/** A term of the total loss. */
export interface LossTerm {
  /** Its name in logs and summaries. */
  readonly name: string;
  /** One element. */
  readonly loss: PlacedTensor;
}

/** Room for the terms of a loss, in one piece: a kernel can bind but a few. */
export interface LossTerms {
  /** All of it. */
  readonly all: PlacedTensor;
  /** The term of the data, then the L2 terms of the parameters that have one. */
  readonly terms: readonly LossTerm[];
}

/** Keeps room for the loss `name` and the L2 terms of a model's parameters. */
export function lossTerms(record: Recorder, name: string, table: ParameterTable): LossTerms {
  const names = [name, ...decayedOf(table).map((entry) => `${layerOf(entry.name)}/weight_loss`)];
  const all = record.keep([names.length * termStride], "loss terms");
  const terms = names.map((name, t) => {
    const place = { memory: all.place.memory, offset: t * termStride * 4 };
    return { name, loss: { name, shape: [1], place } };
  });
  return { all, terms };
}

/**
 * Records the L2 terms `λ · ½‖w‖²` of all parameters that have one, and adds `λ w` to their
 * gradients, which must have been written before.
 */
export function weightDecayTerms(
  record: Recorder,
  { values, gradients, terms: [, ...terms] }: {
    values: Arena;
    gradients: Arena;
    terms: readonly LossTerm[];
  },
): void {
  const { kind } = record.target;
  for (const [t, { name, size, decay }] of decayedOf(values.table).entries()) {
    record.scope("weight_decay", () => {
      const parts = sumParts(size, kind);
      const partials = record.tensor([parts], "partials");
      const tensors = { w: values.tensor(name), dw: gradients.tensor(name), partials };
      record.dispatch(weightDecay(size, decay, kind), tensors);
      record.dispatch(sum(parts, 1), { x: partials, total: terms[t].loss });
    });
  }
}

function decayedOf({ entries }: ParameterTable): ParameterTable["entries"] {
  return entries.filter((entry) => entry.decay > 0);
}

function layerOf(parameter: string): string {
  return parameter.slice(0, parameter.lastIndexOf("/"));
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
  { all, terms }: LossTerms,
  { record, step, firstBad }: { record: Recorder; step: Tensor; firstBad: PlacedTensor },
): LossBuffers {
  const names = [...terms.map(({ name }) => name), "total_loss"];
  const losses = record.keep([names.length], "losses");
  const averages = record.keep([names.length], "loss averages");
  record.scope("total_loss", () =>
    record.dispatch(lossAverages(terms.length, lossAverageDecay), {
      step,
      losses,
      averages,
      first_bad: firstBad,
      terms: all,
    }));
  return { names, losses, averages, firstBad };
}
