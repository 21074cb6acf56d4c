/**
 * A training step of one replica, written down: distort, forward, loss, backward and, where the
 * parameters live on the adapter, the update.
 *
 * @module
 */
import { clipFactor, squares } from "../../kernels/clip.wgsl.ts";
import type { ElementType } from "../../kernels/kernel.ts";
import { distortedPictures, type Distortion } from "../../kernels/picture.wgsl.ts";
import { sum } from "../../kernels/losses.wgsl.ts";
import { stepWords } from "../../kernels/step.wgsl.ts";
import { sumParts } from "../../kernels/sum_in_parts.wgsl.ts";
import { type Optimizer, slotsOf, update as updateKernel } from "../../kernels/update.wgsl.ts";
import { Arena } from "../gpu/arena.ts";
import { Recorder, type Recording, type Target, type Variants } from "../gpu/recorder.ts";
import type { PlacedTensor, Tensor } from "../gpu/tensor.ts";
import type { Model } from "../layers/sequential.ts";
import { crossEntropy, type RecordLoss } from "../losses/cross_entropy.ts";
import { recordLossInto } from "../losses/record_loss.ts";
import { lossScale, unscaleGradients } from "../losses/loss_scale.ts";
import { type LossBuffers, lossTerms, totalLoss, weightDecayTerms } from "../losses/total_loss.ts";
import type { ParameterTable } from "../parameters.ts";
import { Watch, type WatchedTensors } from "./watched.ts";

/** Sizes of one stored picture. */
export interface StoredPicture {
  /** Height. */
  readonly height: number;
  /** Width. */
  readonly width: number;
  /** Colour planes. */
  readonly channels: number;
}

/** What a tower trains, and on what. */
export interface TowerOptions {
  /** What to train. */
  readonly model: Model<"NHWC", "NC">;
  /** Examples a step. */
  readonly batch: number;
  /** Sizes of the stored pictures; the model's input is cropped from them. */
  readonly picture: StoredPicture;
  /** How training pictures are distorted. */
  readonly distortion: Distortion;
  /** Kernel variants of an earlier run; default: what suits the adapter. */
  readonly variants?: Variants;
  /** What activations and their gradients are stored as. Default `f32`. */
  readonly activations?: ElementType;
  /** How gradients change parameters. Default gradient descent. */
  readonly optimizer?: Optimizer;
  /** The greatest norm of the gradient. Default: no limit. */
  readonly clipNorm?: number;
  /** ε of the smoothed labels. Default 0. */
  readonly labelSmoothing?: number;
  /** The loss of the logits. Default cross-entropy. */
  readonly loss?: RecordLoss;
  /** Whether steps can be asked for summaries. Default: no. */
  readonly summaries?: boolean;
}

/** A recorded step with the tensors that it is fed and read by: plain data. */
export interface TowerRecording {
  /** What runs. */
  readonly recording: Recording;
  /** Examples a step. */
  readonly batch: number;
  /** What every step is fed. */
  readonly inputs: {
    /** The stored pictures, four bytes a word. */
    readonly bytes: PlacedTensor;
    /** Their classes. */
    readonly labels: PlacedTensor;
    /** The step's numbers. */
    readonly step: PlacedTensor;
  };
  /** The parameters' arena. */
  readonly parameters: PlacedTensor;
  /** The gradients of the mean loss over the batch. */
  readonly gradients: PlacedTensor;
  /** The parameters' averages, where the step updates. */
  readonly averages?: PlacedTensor;
  /** The optimizer's arrays, where the step updates. */
  readonly slots?: readonly PlacedTensor[];
  /** The losses. */
  readonly losses: LossBuffers;
  /** The summary, where steps can be asked for one. */
  readonly watched?: WatchedTensors;
}

/**
 * Records a training step.
 *
 * @throws {DeviceError} if activations are to be `f16` and the adapter has none
 * @throws {TypeError} if a loss of one's own puts the mean elsewhere than it is told
 * @throws {ShapeError} if its gradient is not of the logits' shape
 * @param update whether the step ends with the update of parameters and averages
 */
export function recordTower(
  target: Target,
  { update, ...options }: TowerOptions & { update: boolean },
): TowerRecording {
  const { model, batch, picture, distortion, variants, activations } = options;
  const { height: H, width: W, channels: C } = picture;
  const [CH, CW] = model.input;
  const table = model.parameters;
  const record = new Recorder(target, { variants, activations });
  const values = new Arena(record, table, "parameters");
  const gradients = new Arena(record, table, "gradients");
  const inputs = {
    bytes: record.keep([Math.ceil(batch * H * W * C / 4)], "images"),
    labels: record.keep([batch], "labels"),
    step: record.keep([stepWords], "step"),
  };
  const { bytes, labels, step } = inputs;
  const x = record.activation([batch, CH, CW, C], "pictures");
  const distort = distortedPictures(
    { N: batch, H, W, C, CH, CW, kind: target.kind },
    distortion,
  );
  record.scope("distort", () => record.dispatch(distort, { bytes, x, step }));
  const watch = options.summaries
    ? new Watch(record, model.layers.length + 2 * table.entries.length)
    : undefined;
  watch?.pictures(x);
  const filters = firstFilters(table);
  if (filters) watch?.filters(filters, values.tensor(filters) as Tensor<FourAxes>);
  const watchLayer = (layer: string, y: Tensor) => {
    // A view of another layer's output would be counted twice.
    if (!y.base) watch?.tensor(`${layer}/activations`, y);
  };
  const context = { record, values, gradients, training: true, step, watch: watchLayer };
  const { y: logits, pullback } = model.apply(x, context);
  const scale = lossScale(batch, record.activations);
  const firstBad = record.keep([1], "first bad step");
  const { labelSmoothing: smoothing } = options;
  const terms = lossTerms(record, options.loss ? "loss" : "cross_entropy", table);
  const [{ loss }] = terms.terms;
  const recordLoss = options.loss ?? crossEntropy;
  const { dx } = recordLossInto(recordLoss, logits, { record, labels, scale, smoothing, loss });
  pullback(dx, { needsInput: false });
  if (scale !== 1) unscaleGradients(record, { gradients, scale, step, firstBad });
  weightDecayTerms(record, { values, gradients, ...terms });
  const losses = totalLoss(terms, { record, step, firstBad });
  for (const { name } of watch ? table.entries : []) {
    watch?.tensor(name, values.tensor(name));
    watch?.tensor(`${name}/gradients`, gradients.tensor(name));
  }
  const updated = update ? recordUpdate(record, { values, gradients, step, options }) : undefined;
  return {
    recording: record.recording(),
    batch,
    inputs,
    parameters: values.all,
    gradients: gradients.all,
    ...updated,
    losses,
    watched: watch?.watched(),
  };
}

/** Records the update of parameters, averages and the optimizer's arrays. */
function recordUpdate(
  record: Recorder,
  { values, gradients, step, options: { optimizer = { kind: "gradient-descent" }, clipNorm } }: {
    values: Arena;
    gradients: Arena;
    step: Tensor;
    options: TowerOptions;
  },
): Required<Pick<TowerRecording, "averages" | "slots">> {
  const { length, trainedLength: trained } = values.table;
  const averages = new Arena(record, values.table, "averages").all;
  const names = slotsOf(optimizer);
  const slots = names.map((name) => record.keep([trained], `optimizer's ${name}`));
  record.scope("update", () => {
    const clip = clipNorm === undefined ? undefined : record.tensor([1], "clip");
    if (clip) {
      const { kind } = record.target;
      const parts = sumParts(trained, kind);
      const partials = record.tensor([parts], "squares");
      const total = record.tensor([1], "square of the norm");
      record.dispatch(squares(trained, kind), { x: gradients.all, partials });
      record.dispatch(sum(parts, 1), { x: partials, total });
      record.dispatch(clipFactor(clipNorm!), { sum: total, clip });
    }
    record.dispatch(updateKernel({ length, trained, clipped: clip !== undefined }, optimizer), {
      step,
      gradients: gradients.all,
      parameters: values.all,
      averages,
      ...Object.fromEntries(names.map((name, i) => [name, slots[i]])),
      ...clip && { clip },
    });
  });
  return { averages, slots };
}

type FourAxes = readonly [number, number, number, number];

/** The name of the first weights that look at colours, and so can be shown as pictures. */
function firstFilters({ entries }: ParameterTable): string | undefined {
  const [first] = entries;
  return first?.shape.length === 4 && [1, 3].includes(first.shape[2]) ? first.name : undefined;
}
