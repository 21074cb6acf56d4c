/**
 * Convolution of each channel by itself.
 *
 * @module
 */
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import {
  depthwiseForward,
  depthwiseInputGradient,
  depthwiseParts,
  depthwiseWeightGradient,
} from "../../kernels/depthwise_conv2d.wgsl.ts";
import { type ParameterSpec, truncatedNormalInitializer } from "../parameters.ts";
import { requireSize, requireWord, type Shape } from "../shape.ts";
import { biasSpec, recordBiasGradient } from "./bias.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { conv2dSizes, windowAttributes } from "./conv2d_sizes.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode depthwiseConv2d}: a convolution's, with a multiplier instead of filters. */
export interface DepthwiseConv2dOptions
  extends Omit<Conv2dOptions, "name" | "filters" | "deviation"> {
  /** Its name in the model. Default `depthwise`. */
  readonly name?: string;
  /** Output channels that each input channel has. Default 1. */
  readonly multiplier?: number;
  /** Deviation of the truncated normal that weights start from. Default `√(2 / (KH·KW))` (He et al., 2015). */
  readonly deviation?: number;
}

/**
 * A convolution that leaves channels apart, each with `M` filters of its own:
 * `y[n, oh, ow, i·M + m] = Σ_{kh, kw} x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[kh, kw, i, m] + b[i·M + m]`,
 * zero outside the picture, then the activation.
 *
 * Parameters: `weights` `KH×KW×I×M`, `biases` `I·M`. A convolution with a kernel of 1 behind it makes it a
 * separable convolution. `SAME` padding puts the odd cell after.
 *
 * @throws {ShapeError} if a size is not a positive whole number, or the kernel does not fit
 *
 * @example
 * ```ts
 * import { depthwiseConv2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const depthwise = depthwiseConv2d({ kernel: 3, padding: "SAME", multiplier: 2 });
 * assertEquals(depthwise.outputShape([128, 24, 24, 16]), [128, 24, 24, 32]);
 * ```
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): Layer<"NHWC", "NHWC"> {
  const { name = "depthwise", multiplier = 1, bias = 0, activation = "none", weightDecay } =
    options;
  requireSize(name, "the multiplier", multiplier);
  requireWord(name, "activation", activation, ["none", "relu"]);
  const relu = activation === "relu";
  const sizesOf = (x: Shape<"NHWC">) =>
    conv2dSizes(x, { ...options, name, filters: x[3] * multiplier });
  return {
    name,
    kind: "depthwise_conv2d",
    input: "NHWC",
    output: "NHWC",
    outputShape(x) {
      const { N, OH, OW, O } = sizesOf(x);
      return [N, OH, OW, O];
    },
    parameters(x): Record<string, ParameterSpec> {
      const { KH, KW, I, O } = sizesOf(x);
      const deviation = options.deviation ?? Math.sqrt(2 / (KH * KW));
      return {
        weights: {
          shape: [KH, KW, I, multiplier],
          initial: truncatedNormalInitializer(deviation),
          decay: weightDecay,
        },
        ...biasSpec(bias, [O]),
      };
    },
    attributes: (x) => ({ ...windowAttributes(sizesOf(x)), activation }),
    multiplyAdds(x) {
      const { N, OH, OW, KH, KW, O } = sizesOf(x);
      return N * OH * OW * KH * KW * O;
    },
    apply(x, { record, parameters: { weights, biases } }) {
      const sizes = sizesOf(x.shape);
      const { N, OH, OW, O } = sizes;
      const y = record.activation([N, OH, OW, O], "y");
      const operands = { x, w: weights.value, y };
      record.dispatch(
        depthwiseForward(sizes, { bias: biases !== undefined, relu }),
        biases ? { ...operands, b: biases.value } : operands,
      );
      return {
        y,
        pullback(dy, { needsInput }) {
          const dz = recordBiasGradient(record, { dy, y, relu, biases });
          const rows = depthwiseParts(sizes);
          const columns = sizes.KH * sizes.KW * O;
          const partials = record.tensor([rows, columns], "weight partials");
          record.dispatch(depthwiseWeightGradient(sizes), { x, dy: dz, dw: partials });
          record.dispatch(columnSums({ rows, columns, kind: record.target.kind }), {
            x: partials,
            total: weights.gradient,
          });
          if (!needsInput) return;
          const dx = record.activation<Shape<"NHWC">>(x.shape, "dx");
          record.dispatch(depthwiseInputGradient(sizes), { dy: dz, w: weights.value, dx });
          return dx;
        },
      };
    },
  };
}
