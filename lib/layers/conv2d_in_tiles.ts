/**
 * Convolution as a product of tiles in workgroup memory: the way of graphics cards.
 *
 * @module
 */
import {
  conv2dForward,
  conv2dWeightGradient,
  weightGradientParts,
} from "../../kernels/conv2d.wgsl.ts";
import { conv2dInputGradient } from "../../kernels/conv2d_input_gradient.wgsl.ts";
import { type ConvolutionWay, recordParts } from "./conv2d_way.ts";

const variant = "workgroup";

/** The way of tiles. */
export const inTiles: ConvolutionWay = {
  forward(record, { x, w, b, y, sizes, relu }) {
    const kernel = conv2dForward(sizes, { bias: b !== undefined, relu, variant });
    record.dispatch(kernel, b ? { x, w, b, y } : { x, w, y });
    return undefined;
  },
  weightGradient(record, { x, dz, dw, sizes }) {
    const parts = weightGradientParts(sizes);
    const kernel = conv2dWeightGradient(sizes, { parts, variant });
    recordParts(record, kernel, { x, dy: dz, dw, sizes, parts });
  },
  inputGradient(record, { dz, w, dx, sizes }) {
    for (const kernel of conv2dInputGradient(sizes, variant)) {
      record.dispatch(kernel, { dy: dz, w, dx });
    }
  },
};
