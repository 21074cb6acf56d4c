/**
 * Which way to compute a convolution and its gradients.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import { turnedSizes } from "../../kernels/conv2d_turned.wgsl.ts";
import type { MatmulVariant } from "../../kernels/matmul.wgsl.ts";
import {
  winogradCells,
  winogradCost,
  winogradFits,
  winogradTiles,
} from "../../kernels/winograd.wgsl.ts";
import { matmulVariants, type Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { inStrips } from "./conv2d_in_strips.ts";
import { inTiles } from "./conv2d_in_tiles.ts";
import type {
  ConvolutionOperands,
  ConvolutionWay,
  InputGradientOperands,
  OwnGradientOperands,
  WeightGradientOperands,
} from "./conv2d_way.ts";
import { byWinograd } from "./conv2d_winograd.ts";

/** A way to compute a convolution, as recordings name it. */
export type ConvolutionVariant = MatmulVariant | "winograd";

const ways: Readonly<Record<ConvolutionVariant, ConvolutionWay>> = {
  subgroup: inStrips,
  workgroup: inTiles,
  winograd: byWinograd,
};

/** Records `y = x ∗ w + b`, ReLU after. Gives the transformed input where that was made on the way. */
export function recordConvolution(
  record: Recorder,
  operands: ConvolutionOperands,
): Tensor | undefined {
  const { w, sizes } = operands;
  const tapsOnce = w.place?.memory.constant;
  const variant = record.variant("conv2d_forward", variantsFor(record, sizes, { tapsOnce }));
  return ways[variant].forward(record, operands);
}

/** Records `dw`; `transformed` is what {@linkcode recordConvolution} gave. */
export function recordWeightGradient(record: Recorder, operands: WeightGradientOperands): void {
  const variants = variantsFor(record, operands.sizes);
  ways[record.variant("conv2d_weight_gradient", variants)].weightGradient(record, operands);
}

/** Records `dx`. */
export function recordInputGradient(record: Recorder, operands: InputGradientOperands): void {
  const { sizes } = operands;
  // For strides of 1 it is a convolution itself, over more tiles where there is little padding.
  const variants = variantsFor(record, winogradFits(sizes) ? turnedSizes(sizes) : sizes);
  ways[record.variant("conv2d_input_gradient", variants)].inputGradient(record, operands);
}

/**
 * Records `dw` and `db` in one pass over `dy`, where nobody needs the gradient of the input, and so none before
 * the activation: as the first layer of a network, which has the largest `dy`. Says whether it could.
 */
export function recordAtOnce(record: Recorder, operands: OwnGradientOperands): boolean {
  const variants = variantsFor(record, operands.sizes);
  const way = ways[record.variant("conv2d_weight_gradient", variants)];
  return way.ownGradients?.(record, operands) ?? false;
}

/** The variants that there are for such sizes, the best one for the adapter first. */
function variantsFor(
  { target }: Recorder,
  sizes: Conv2dSizes,
  { tapsOnce = false }: { tapsOnce?: boolean } = {},
): readonly ConvolutionVariant[] {
  const { I, O } = sizes;
  const products = matmulVariants(target);
  if (!winogradFits(sizes)) return products;
  const largest = winogradCells * Math.max(winogradTiles(sizes) * Math.max(I, O), I * O);
  if (largest * 4 > target.maxTensorBytes) return products;
  const pays = winogradCost(sizes, { tapsOnce, kind: target.kind }) < 1;
  return pays ? ["winograd", ...products] : [...products, "winograd"];
}
