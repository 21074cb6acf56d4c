/**
 * Convolution by strips of rows in registers: the way of drivers that run on a processor.
 *
 * @module
 */
import { conv2dInputGradient } from "../../kernels/conv2d_input_gradient.wgsl.ts";
import {
  stripsForward,
  stripsWeightGradient,
  turnedSizes,
  turnWeights,
  weightGradientGroups,
} from "../../kernels/conv2d_strips.wgsl.ts";
import { partsFor } from "../../kernels/matmul.wgsl.ts";
import { type ConvolutionWay, recordParts } from "./conv2d_way.ts";

const variant = "subgroup";

/** The way of strips. */
export const inStrips: ConvolutionWay = {
  forward(record, { x, w, b, y, sizes, relu }) {
    const kernel = stripsForward(sizes, { name: "conv2d_forward", bias: b !== undefined, relu });
    record.dispatch(kernel, b ? { x, w, b, y } : { x, w, y });
    return undefined;
  },
  weightGradient(record, operands) {
    const { sizes } = operands;
    const parts = partsFor(weightGradientGroups(sizes), sizes.N, variant);
    recordParts(record, stripsWeightGradient(sizes, parts), { ...operands, parts });
  },
  /** For strides of 1 the convolution of `dz` with the weights turned round. */
  inputGradient(record, { dz, w, dx, sizes }) {
    if (sizes.SH !== 1 || sizes.SW !== 1) {
      for (const kernel of conv2dInputGradient(sizes, variant)) {
        record.dispatch(kernel, { dy: dz, w, dx });
      }
      return;
    }
    const turned = record.tensor(w.shape, "turned weights");
    record.dispatch(turnWeights(sizes), { w, turned });
    const options = { name: "conv2d_input_gradient", bias: false, relu: false };
    record.dispatch(stripsForward(turnedSizes(sizes), options), { x: dz, w: turned, y: dx });
  },
};
