/**
 * Two-dimensional convolution.
 *
 * @module
 */
import { type ParameterSpec, truncatedNormalInitializer } from "../parameters.ts";
import { type Padding, requireSize, requireWord, type Shape } from "../shape.ts";
import { biasSpec, recordBiasGradient } from "./bias.ts";
import {
  recordAtOnce,
  recordConvolution,
  recordInputGradient,
  recordWeightGradient,
} from "./conv2d_recording.ts";
import { conv2dSizes, windowAttributes } from "./conv2d_sizes.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Its name in the model. Default `conv`. */
  readonly name?: string;
  /** Output channels. */
  readonly filters: number;
  /** Size of the kernel, or `[height, width]`. */
  readonly kernel: number | readonly [height: number, width: number];
  /** Step of the window, or `[vertical, horizontal]`. Default 1. */
  readonly stride?: number | readonly [vertical: number, horizontal: number];
  /** Cells around the picture. Default `VALID`. */
  readonly padding?: Padding;
  /** What follows the bias, in the same pass over memory. Default `none`. */
  readonly activation?: "none" | "relu";
  /** Deviation of the truncated normal that weights start from. Default `√(2 / (KH·KW·I))` (He et al., 2015). */
  readonly deviation?: number;
  /** What biases start from, or `false` for none, as before a normalization. Default 0. */
  readonly bias?: number | false;
  /** λ of the term `λ · ½‖w‖²` of the loss. Default 0. */
  readonly weightDecay?: number;
}

/**
 * `y[n, oh, ow, o] = Σ_{kh, kw, i} x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[kh, kw, i, o] + b[o]`,
 * zero outside the picture, then the activation.
 *
 * Parameters: `weights` `KH×KW×I×O` and, unless `bias` is `false`, `biases` `O`. `SAME` padding puts the odd
 * cell after.
 *
 * @throws {ShapeError} if a size is not a positive whole number, or the kernel does not fit
 *
 * @example
 * ```ts
 * import { conv2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const conv = conv2d({ filters: 64, kernel: 5, padding: "SAME", activation: "relu" });
 * assertEquals(conv.outputShape([128, 24, 24, 3]), [128, 24, 24, 64]);
 * ```
 */
export function conv2d(options: Conv2dOptions): Layer<"NHWC", "NHWC"> {
  const { name = "conv", filters, bias = 0, activation = "none", weightDecay } = options;
  requireSize(name, "filters", filters);
  requireWord(name, "activation", activation, ["none", "relu"]);
  const relu = activation === "relu";
  const sizesOf = (x: Shape<"NHWC">) => conv2dSizes(x, { ...options, name });
  return {
    name,
    kind: "conv2d",
    input: "NHWC",
    output: "NHWC",
    outputShape(x) {
      const { N, OH, OW, O } = sizesOf(x);
      return [N, OH, OW, O];
    },
    parameters(x): Record<string, ParameterSpec> {
      const { KH, KW, I, O } = sizesOf(x);
      const deviation = options.deviation ?? Math.sqrt(2 / (KH * KW * I));
      return {
        weights: {
          shape: [KH, KW, I, O],
          initial: truncatedNormalInitializer(deviation),
          decay: weightDecay,
        },
        ...biasSpec(bias, [O]),
      };
    },
    attributes: (x) => ({ ...windowAttributes(sizesOf(x)), activation }),
    multiplyAdds(x) {
      const { N, OH, OW, KH, KW, I, O } = sizesOf(x);
      return N * OH * OW * KH * KW * I * O;
    },
    apply(x, { record, parameters: { weights, biases } }) {
      const sizes = sizesOf(x.shape);
      const { N, OH, OW, O } = sizes;
      const y = record.activation([N, OH, OW, O], "y");
      const operands = { x, w: weights.value, b: biases?.value, y };
      const transformed = recordConvolution(record, { ...operands, sizes, relu });
      return {
        y,
        pullback(dy, { needsInput }) {
          const dw = weights.gradient;
          if (!needsInput && recordAtOnce(record, { x, y, dy, dw, biases, sizes, relu })) return;
          const dz = recordBiasGradient(record, { dy, y, relu, biases });
          recordWeightGradient(record, { x, dz, dw, sizes, transformed });
          if (!needsInput) return;
          const dx = record.activation<Shape<"NHWC">>(x.shape, "dx");
          recordInputGradient(record, { dz, w: weights.value, dx, sizes });
          return dx;
        },
      };
    },
  };
}
