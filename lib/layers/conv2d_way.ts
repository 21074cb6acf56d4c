/**
 * What every way to compute a convolution does.
 *
 * @module
 */
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import type { Kernel } from "../../kernels/kernel.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Parameter } from "./layer.ts";

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

/** The tensors of the weights' gradient. */
export interface WeightGradientOperands {
  /** The input. */
  readonly x: Tensor;
  /** The gradient before the activation. */
  readonly dz: Tensor;
  /** The gradient of the weights, to be written. */
  readonly dw: Tensor;
  /** Sizes. */
  readonly sizes: Conv2dSizes;
  /** The transformed input, if the forward pass left one. */
  readonly transformed?: Tensor;
}

/** The tensors of the input's gradient. */
export interface InputGradientOperands {
  /** The gradient before the activation. */
  readonly dz: Tensor;
  /** The weights. */
  readonly w: Tensor;
  /** The gradient of the input, to be written. */
  readonly dx: Tensor;
  /** Sizes. */
  readonly sizes: Conv2dSizes;
}

/** The tensors of all gradients but the input's, before the activation's own. */
export interface OwnGradientOperands {
  /** The input. */
  readonly x: Tensor;
  /** The output. */
  readonly y: Tensor;
  /** The gradient of the output. */
  readonly dy: Tensor;
  /** The gradient of the weights, to be written. */
  readonly dw: Tensor;
  /** The biases, if there are any; their gradient is to be written. */
  readonly biases?: Parameter;
  /** Sizes. */
  readonly sizes: Conv2dSizes;
  /** Whether a ReLU follows. */
  readonly relu: boolean;
}

/** A way to compute a convolution and its gradients. */
export interface ConvolutionWay {
  /** Records `y = x ∗ w + b`, ReLU after. Gives the transformed input where that was made on the way. */
  forward(record: Recorder, operands: ConvolutionOperands): Tensor | undefined;
  /** Records `dw`. */
  weightGradient(record: Recorder, operands: WeightGradientOperands): void;
  /** Records `dw` and `db` in one pass over `dy`, if it can for such sizes; says whether it could. */
  ownGradients?(record: Recorder, operands: OwnGradientOperands): boolean;
  /** Records `dx`. */
  inputGradient(record: Recorder, operands: InputGradientOperands): void;
}

/** Records a kernel that leaves `parts` of `dw`, and their sum; `more` is what else it binds. */
export function recordParts(
  record: Recorder,
  kernel: Kernel,
  { x, dy, dw, sizes: { KH, KW, I, O }, parts, more }: {
    x: Tensor;
    dy: Tensor;
    dw: Tensor;
    sizes: Conv2dSizes;
    parts: number;
    more?: Readonly<Record<string, Tensor>>;
  },
): void {
  const columns = KH * KW * I * O;
  const partials = parts === 1 ? dw : record.tensor([parts, columns], "weight partials");
  record.dispatch(kernel, { x, dy, dw: partials, ...more });
  if (parts === 1) return;
  const { kind } = record.target;
  record.dispatch(columnSums({ rows: parts, columns, kind }), { x: partials, total: dw });
}
