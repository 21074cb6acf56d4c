/**
 * Somebody else's numbers: values and gradients computed by PyTorch in float64, stored to 9 digits,
 * in `../shared/conformance/torch.json` beside the project. Where the file is absent there are no
 * cases, and tests that need one are skipped.
 *
 * @module
 */
import type { Padding } from "../../lib/shape.ts";
import { type Array64, array64 } from "./reference.ts";

export { assertClose, bound, type CloseOptions, storedDigits } from "./assert_close.ts";

/** An operation with a value for given inputs, and gradients for a given `dy`. */
export interface LayerCase<Input extends string, Attributes = Record<string, never>> {
  readonly name: string;
  readonly attrs: Attributes;
  readonly inputs: Readonly<Record<Input, Array64>>;
  readonly output: Array64;
  readonly dy: Array64;
  readonly grads: Readonly<Record<Input, Array64>>;
}

/** Attributes of a convolution. */
export interface ConvolutionAttributes {
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

/** Attributes of pooling. */
export interface PoolAttributes extends ConvolutionAttributes {
  readonly window: readonly [number, number];
}

/** Attributes of local response normalization; `alpha` is not divided by the size of the window. */
export interface NormalizationAttributes {
  readonly depth_radius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Attributes of batch and layer normalization. */
export interface StandardizationAttributes {
  readonly epsilon: number;
  /** Of batch normalization: whether by the statistics of the batch, or by given ones. */
  readonly training?: boolean;
}

/** What batch normalization takes; mean and variance where it does not train. */
type BatchNormInput = "x" | "gamma" | "beta" | "mean" | "variance";

/** Cross-entropy with labels; the gradient is that of the mean. */
export interface CrossEntropyCase {
  readonly name: string;
  readonly attrs: { readonly label_smoothing: number };
  readonly inputs: { readonly logits: Array64 };
  readonly labels: readonly number[];
  readonly per_example: Array64;
  readonly loss: number;
  readonly grads: { readonly logits: Array64 };
}

/** Some steps of an optimizer. */
export interface OptimizerCase {
  readonly name: string;
  readonly attrs: {
    readonly kind: string;
    readonly lr: number;
    readonly momentum: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly decay: number;
    readonly weight_decay: number;
  };
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly parameters_after: readonly (readonly number[])[];
}

/** A tensor whose element `i` is `float32(sin(i · k) · scale)`. */
export interface SineTensor {
  readonly shape: readonly number[];
  readonly k: number;
  readonly scale: number;
}

/** A gradient in short. */
export interface GradientDigest {
  readonly norm: number;
  readonly sum: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** The tutorial's network: its loss and the digests of all gradients. */
export interface NetworkCase {
  readonly name: string;
  readonly x: SineTensor;
  readonly labels: readonly number[];
  readonly parameters: Readonly<Record<string, SineTensor>>;
  readonly logits: Array64;
  readonly cross_entropy: number;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, GradientDigest>>;
}

/** The kind of case that each operation has. */
export interface ConformanceCases {
  readonly conv2d: LayerCase<"x" | "w" | "b", ConvolutionAttributes>;
  readonly depthwise_conv2d: LayerCase<"x" | "w" | "b", ConvolutionAttributes>;
  readonly locally_connected2d: LayerCase<"x" | "w" | "b", ConvolutionAttributes>;
  readonly max_pool2d: LayerCase<"x", PoolAttributes>;
  readonly average_pool2d: LayerCase<"x", PoolAttributes>;
  readonly global_average_pool2d: LayerCase<"x">;
  readonly local_response_normalization: LayerCase<"x", NormalizationAttributes>;
  readonly dense: LayerCase<"x" | "w" | "b">;
  readonly relu: LayerCase<"x">;
  readonly leaky_relu: LayerCase<"x", { readonly alpha: number }>;
  readonly sigmoid: LayerCase<"x">;
  readonly tanh: LayerCase<"x">;
  readonly gelu: LayerCase<"x">;
  readonly batch_norm: LayerCase<BatchNormInput, StandardizationAttributes>;
  readonly layer_norm: LayerCase<"x" | "gamma" | "beta", StandardizationAttributes>;
  readonly softmax: LayerCase<"x">;
  readonly softmax_cross_entropy: CrossEntropyCase;
  readonly optimizer: OptimizerCase;
  readonly tutorial_network: NetworkCase;
}

const cases = load(new URL("../../../shared/conformance/torch.json", import.meta.url));

/** Whether there are cases; for `ignore: !conformanceAvailable`. */
export const conformanceAvailable: boolean = cases !== undefined;

/**
 * All cases of an operation.
 *
 * @throws {RangeError} if the file has none; without the file there are none and that is no error
 */
export function conformanceCases<Op extends keyof ConformanceCases>(
  op: Op,
): readonly ConformanceCases[Op][] {
  if (cases === undefined) return [];
  const found = cases.filter((entry) => entry.op === op);
  if (found.length === 0) throw new RangeError(`Cannot test ${op}: torch.json has no case of it`);
  return found as unknown as readonly ConformanceCases[Op][];
}

/** All cases of all operations, in the order of the file. */
export function allConformanceCases(): readonly { readonly op: string; readonly name: string }[] {
  return cases ?? [];
}

function load(file: URL): { readonly op: string; readonly name: string }[] | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return JSON.parse(text, (_, value) => value?.data ? array64(value.shape, value.data) : value)
    .cases;
}
