/**
 * The ways to compute a convolution and its gradients, and which one to take.
 *
 * `winograd` multiplies least; `subgroup` keeps strips of rows in registers; `workgroup` is a product of
 * tiles in workgroup memory.
 *
 * @module
 */
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import {
  conv2dForward,
  type Conv2dSizes,
  conv2dWeightGradient,
  weightGradientParts,
} from "../../kernels/conv2d.wgsl.ts";
import { fewTapsWeightGradient, hasFewTaps } from "../../kernels/conv2d_few_taps.wgsl.ts";
import { conv2dInputGradient } from "../../kernels/conv2d_input_gradient.wgsl.ts";
import {
  stripsForward,
  stripsWeightGradient,
  turnedSizes,
  turnWeights,
  weightGradientGroups,
} from "../../kernels/conv2d_strips.wgsl.ts";
import { type MatmulVariant, partsFor } from "../../kernels/matmul.wgsl.ts";
import {
  winogradCells,
  winogradCost,
  winogradFits,
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
import { matmulVariants, type Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { recordBiasSum } from "./bias.ts";
import type { Parameter } from "./layer.ts";

/** A way to compute a convolution. */
export type ConvolutionVariant = MatmulVariant | "winograd";

/** The tensors of a convolution. */
export interface ConvolutionOperands {
  /** The input. */
  readonly x: Tensor;
  /** The weights. */
  readonly w: Tensor;
  /** The biases, if there are any. */
  readonly b?: Tensor;
  /** The output, to be written. */
  readonly y: Tensor;
  /** Sizes. */
  readonly sizes: Conv2dSizes;
  /** Whether a ReLU follows. */
  readonly relu: boolean;
}

/** Records `y = x ∗ w + b`, ReLU after. Gives the transformed input where that was made on the way. */
export function recordConvolution(
  record: Recorder,
  { x, w, b, y, sizes, relu }: ConvolutionOperands,
): { transformed?: Tensor } {
  const tapsOnce = w.place?.memory.constant;
  const variant = record.variant("conv2d_forward", variantsFor(record, sizes, { tapsOnce }));
  if (variant === "winograd") {
    return { transformed: recordWinograd(record, { x, w, b, y, sizes, relu }) };
  }
  const finish = { bias: b !== undefined, relu };
  const kernel = variant === "subgroup"
    ? stripsForward(sizes, { name: "conv2d_forward", ...finish })
    : conv2dForward(sizes, { ...finish, variant });
  record.dispatch(kernel, b ? { x, w, b, y } : { x, w, y });
  return {};
}

/**
 * Records `dw` and `db` in one pass over `dy`, where nobody needs the gradient of the input, and so none before
 * the activation: as the first layer of a network, which has the largest `dy`. Says whether it could.
 */
export function recordAtOnce(
  record: Recorder,
  { x, y, dy, dw, biases, sizes, relu }: {
    x: Tensor;
    y: Tensor;
    dy: Tensor;
    dw: Tensor;
    biases?: Parameter;
    sizes: Conv2dSizes;
    relu: boolean;
  },
): boolean {
  const { KH, KW, I, O, N } = sizes;
  const variant = record.variant("conv2d_weight_gradient", variantsFor(record, sizes));
  if (variant !== "subgroup" || !hasFewTaps(sizes)) return false;
  const parts = partsFor(weightGradientGroups(sizes), N, variant);
  const partials = record.tensor([parts, KH * KW * I * O], "weight partials");
  const db = record.tensor([parts, O], "bias partials");
  record.dispatch(fewTapsWeightGradient(sizes, { parts, bias: biases !== undefined, relu }), {
    x,
    dy,
    dw: partials,
    ...relu && { y },
    ...biases && { db },
  });
  record.dispatch(columnSums({ rows: parts, columns: KH * KW * I * O, kind: record.target.kind }), {
    x: partials,
    total: dw,
  });
  if (biases) recordBiasSum(record, { partials: db, biases });
  return true;
}

/** Records `dw`; `transformed` is what {@linkcode recordConvolution} gave. */
export function recordWeightGradient(
  record: Recorder,
  { x, dz, dw, sizes, transformed }: {
    x: Tensor;
    dz: Tensor;
    dw: Tensor;
    sizes: Conv2dSizes;
    transformed?: Tensor;
  },
): void {
  const { KH, KW, I, O, N } = sizes;
  const variant = record.variant("conv2d_weight_gradient", variantsFor(record, sizes));
  if (variant === "winograd") {
    const v = transformed ?? recordWinogradInput(record, { x, sizes });
    const q = record.tensor([winogradCells, winogradTiles(sizes), O], "q");
    const matmul = record.matmulVariant("winograd_products");
    const parts = winogradGradientParts(sizes, matmul);
    const du = record.tensor([winogradCells, parts, I, O], "du");
    record.dispatch(winogradOutputGradient(sizes), { dy: dz, q });
    record.dispatch(winogradProductsGradient(sizes, { parts, variant: matmul }), { v, q, du });
    record.dispatch(winogradTapsGradient(sizes, parts), { du, dw });
    return;
  }
  const parts = variant === "subgroup"
    ? partsFor(weightGradientGroups(sizes), N, variant)
    : weightGradientParts(sizes);
  const kernel = variant === "subgroup"
    ? stripsWeightGradient(sizes, parts)
    : conv2dWeightGradient(sizes, { parts, variant });
  const columns = KH * KW * I * O;
  const partials = parts === 1 ? dw : record.tensor([parts, columns], "weight partials");
  record.dispatch(kernel, { x, dy: dz, dw: partials });
  if (parts === 1) return;
  record.dispatch(columnSums({ rows: parts, columns, kind: record.target.kind }), {
    x: partials,
    total: dw,
  });
}

/** Records `dx`: for strides of 1, the convolution of `dz` with the weights turned round. */
export function recordInputGradient(
  record: Recorder,
  { dz, w, dx, sizes }: { dz: Tensor; w: Tensor; dx: Tensor; sizes: Conv2dSizes },
): void {
  const variant = record.variant("conv2d_input_gradient", variantsFor(record, sizes));
  const turns = sizes.SH === 1 && sizes.SW === 1;
  if (variant === "workgroup" || !turns) {
    for (const kernel of conv2dInputGradient(sizes, matmulOf(variant))) {
      record.dispatch(kernel, { dy: dz, w, dx });
    }
    return;
  }
  const around = turnedSizes(sizes);
  if (variant === "winograd") {
    recordWinograd(record, { x: dz, w, y: dx, sizes: around, relu: false, turned: true });
    return;
  }
  const turned = record.tensor(w.shape, "turned weights");
  record.dispatch(turnWeights(sizes), { w, turned });
  const kernel = stripsForward(around, {
    name: "conv2d_input_gradient",
    bias: false,
    relu: false,
  });
  record.dispatch(kernel, { x: dz, w: turned, y: dx });
}

/** Records a convolution by Winograd's filtering, with weights as they are or turned; gives the transformed input. */
function recordWinograd(
  record: Recorder,
  { x, w, b, y, sizes, relu, turned = false }: ConvolutionOperands & { turned?: boolean },
): Tensor {
  const { I, O } = sizes;
  const v = recordWinogradInput(record, { x, sizes });
  const u = record.tensor([winogradCells, I, O], "u");
  const p = record.tensor([winogradCells, winogradTiles(sizes), O], "p");
  record.dispatch(winogradTaps(sizes, { turned }), { w, u });
  const matmul = record.matmulVariant("winograd_products");
  record.dispatch(winogradProducts(sizes, matmul), { v, u, p });
  record.dispatch(
    winogradOutput(sizes, { bias: b !== undefined, relu }),
    b ? { p, y, b } : { p, y },
  );
  return v;
}

function recordWinogradInput(
  record: Recorder,
  { x, sizes }: { x: Tensor; sizes: Conv2dSizes },
): Tensor {
  const v = record.tensor([winogradCells, winogradTiles(sizes), sizes.I], "v");
  record.dispatch(winogradInput(sizes), { x, v });
  return v;
}

/** The variants that there are for such sizes, the best one for the adapter first. */
function variantsFor(
  { target }: Recorder,
  sizes: Conv2dSizes,
  { tapsOnce = false }: { tapsOnce?: boolean } = {},
): readonly ConvolutionVariant[] {
  const { I, O } = sizes;
  const products = matmulVariants(target);
  const tiles = winogradCells * winogradTiles(sizes) * Math.max(I, O);
  if (!winogradFits(sizes) || tiles * 4 > target.maxTensorBytes) return products;
  const pays = winogradCost(sizes, { tapsOnce, kind: target.kind }) < 1;
  return pays ? ["winograd", ...products] : [...products, "winograd"];
}

function matmulOf(variant: ConvolutionVariant): MatmulVariant {
  return variant === "winograd" ? "workgroup" : variant;
}
