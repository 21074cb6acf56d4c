/**
 * Convolution with sums in registers: the way of drivers that run on a processor. Pictures of few channels have
 * kernels of their own; else a lane takes a strip of a row.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import { fewTapsForward, hasFewTaps } from "../../kernels/conv2d_few_taps.wgsl.ts";
import {
  fewTapsGradientGroups,
  fewTapsWeightGradient,
} from "../../kernels/conv2d_few_taps_gradient.wgsl.ts";
import { conv2dInputGradient } from "../../kernels/conv2d_input_gradient.wgsl.ts";
import {
  stripsForward,
  stripsGradientGroups,
  stripsWeightGradient,
} from "../../kernels/conv2d_strips.wgsl.ts";
import { turnedSizes, turnWeights } from "../../kernels/conv2d_turned.wgsl.ts";
import { partsFor } from "../../kernels/matmul.wgsl.ts";
import { recordBiasSum } from "./bias.ts";
import { type ConvolutionWay, recordParts } from "./conv2d_way.ts";

const variant = "subgroup";

/** The way of strips. */
export const inStrips: ConvolutionWay = {
  forward(record, { x, w, b, y, sizes, relu }) {
    const options = { name: "conv2d_forward", bias: b !== undefined, relu };
    record.dispatch(forwardOf(sizes)(sizes, options), b ? { x, w, b, y } : { x, w, y });
    return undefined;
  },
  weightGradient(record, { x, dz, dw, sizes }) {
    const parts = partsOf(sizes);
    const kernel = hasFewTaps(sizes)
      ? fewTapsWeightGradient(sizes, { parts })
      : stripsWeightGradient(sizes, parts);
    recordParts(record, kernel, { x, dy: dz, dw, sizes, parts });
  },
  ownGradients(record, { x, y, dy, dw, biases, sizes, relu }) {
    if (!hasFewTaps(sizes)) return false;
    const parts = partsOf(sizes);
    const kernel = fewTapsWeightGradient(sizes, { parts, bias: biases !== undefined, relu });
    const db = record.tensor([parts, sizes.O], "bias partials");
    const more = { ...relu && { y }, ...biases && { db } };
    recordParts(record, kernel, { x, dy, dw, sizes, parts, more });
    if (biases) recordBiasSum(record, { partials: db, biases });
    return true;
  },
  /** For strides of 1 the convolution of `dz` with the weights turned round. */
  inputGradient(record, { dz, w, dx, sizes }) {
    if (sizes.SH !== 1 || sizes.SW !== 1) {
      for (const kernel of conv2dInputGradient(sizes, variant)) {
        record.dispatch(kernel, { dy: dz, w, dx });
      }
      return;
    }
    const turned = record.tensor(w.shape, "turned weights"), around = turnedSizes(sizes);
    record.dispatch(turnWeights(sizes), { w, turned });
    const options = { name: "conv2d_input_gradient", bias: false, relu: false };
    record.dispatch(forwardOf(around)(around, options), { x: dz, w: turned, y: dx });
  },
};

function forwardOf(sizes: Conv2dSizes): typeof stripsForward {
  return hasFewTaps(sizes) ? fewTapsForward : stripsForward;
}

/** Parts to cut the sums of the weights' gradient over pictures into. */
function partsOf(sizes: Conv2dSizes): number {
  const groups = hasFewTaps(sizes) ? fewTapsGradientGroups(sizes) : stripsGradientGroups(sizes);
  return partsFor(groups, sizes.N, variant);
}
