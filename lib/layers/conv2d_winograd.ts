/**
 * Convolution by Winograd's filtering, which multiplies least.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import { turnedSizes } from "../../kernels/conv2d_turned.wgsl.ts";
import {
  winogradCells,
  winogradGradientParts,
  winogradInput,
  winogradOutput,
  winogradOutputGradient,
  winogradProducts,
  winogradProductsGradient,
  winogradTaps,
  winogradTapsGradient,
  winogradTiles,
} from "../../kernels/winograd.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { ConvolutionOperands, ConvolutionWay } from "./conv2d_way.ts";

/** Winograd's way. */
export const byWinograd: ConvolutionWay = {
  forward: (record, operands) => recordFiltering(record, { ...operands, turned: false }),
  weightGradient(record, { x, dz, dw, sizes, transformed }) {
    const { I, O } = sizes;
    const variant = record.matmulVariant("winograd_products");
    const parts = winogradGradientParts(sizes, variant);
    const v = transformed ?? recordInput(record, { x, sizes });
    const q = record.tensor([winogradCells, winogradTiles(sizes), O], "q");
    const du = record.tensor([winogradCells, parts, I, O], "du");
    record.dispatch(winogradOutputGradient(sizes), { dy: dz, q });
    record.dispatch(winogradProductsGradient(sizes, { parts, variant }), { v, q, du });
    record.dispatch(winogradTapsGradient(sizes, parts), { du, dw });
  },
  /** The convolution of `dz` with the weights turned round. */
  inputGradient(record, { dz, w, dx, sizes }) {
    const around = turnedSizes(sizes);
    recordFiltering(record, { x: dz, w, y: dx, sizes: around, relu: false, turned: true });
  },
};

/** Records a convolution with weights as they are, or turned round; gives the transformed input. */
function recordFiltering(
  record: Recorder,
  { x, w, b, y, sizes, relu, turned }: ConvolutionOperands & { turned: boolean },
): Tensor {
  const { I, O } = sizes;
  const variant = record.matmulVariant("winograd_products");
  const v = recordInput(record, { x, sizes });
  const u = record.tensor([winogradCells, I, O], "u");
  const p = record.tensor([winogradCells, winogradTiles(sizes), O], "p");
  record.dispatch(winogradTaps(sizes, { turned }), { w, u });
  record.dispatch(winogradProducts(sizes, variant), { v, u, p });
  const output = winogradOutput(sizes, { bias: b !== undefined, relu });
  record.dispatch(output, b ? { p, y, b } : { p, y });
  return v;
}

function recordInput(record: Recorder, { x, sizes }: { x: Tensor; sizes: Conv2dSizes }): Tensor {
  const v = record.tensor([winogradCells, winogradTiles(sizes), sizes.I], "v");
  record.dispatch(winogradInput(sizes), { x, v });
  return v;
}
