/**
 * Local response normalization.
 *
 * @module
 */
import {
  normalizationForward,
  normalizationGradient,
  tileOf,
} from "../../kernels/local_response_normalization.wgsl.ts";
import { requireSize, ShapeError } from "../shape.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode localResponseNormalization}. */
export interface LocalResponseNormalizationOptions {
  /** Its name in the model. Default `norm`. */
  readonly name?: string;
  /** Neighbouring channels on each side. Default 5. */
  readonly radius?: number;
  /** The constant under the power, positive. Default 1. */
  readonly bias?: number;
  /** The factor of the sum of squares, not negative; not divided by the window's size. Default 1. */
  readonly alpha?: number;
  /** The power. Default 0.5. */
  readonly beta?: number;
}

/**
 * Divides each value by a power of the squares of its neighbours in the channels:
 * `y_i = x_i / (bias + α Σ_{|j−i|≤radius} x_j²)^β`, the sum over channels that exist.
 *
 * The defaults are TensorFlow's, and so is α: ONNX and PyTorch divide theirs by the window's size.
 *
 * Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
 * networks" (2012), section 3.3.
 *
 * @throws {ShapeError} if the radius is not a whole number of at least 0, or what is under the power
 * could be negative
 *
 * @example
 * ```ts
 * import { localResponseNormalization } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const norm = localResponseNormalization({ radius: 4, alpha: 0.001 / 9, beta: 0.75 });
 * assertEquals(norm.outputShape([128, 12, 12, 64]), [128, 12, 12, 64]);
 * ```
 */
export function localResponseNormalization(
  options: LocalResponseNormalizationOptions = {},
): Layer<"NHWC", "NHWC"> {
  const { name = "norm", radius = 5, bias = 1, alpha = 1, beta = 0.5 } = options;
  requireSize(name, "radius", radius, 0);
  if (!(bias > 0 && alpha >= 0)) {
    throw new ShapeError(
      `Cannot build ${name}: needs a bias above 0 and an alpha of at least 0, got ${bias} and ${alpha}`,
    );
  }
  return {
    name,
    kind: "local_response_normalization",
    input: "NHWC",
    output: "NHWC",
    outputShape: (x) => x,
    parameters: () => ({}),
    attributes: () => ({ radius, bias, alpha, beta }),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const [N, H, W, C] = x.shape;
      const tile = tileOf(C, record.target.kind);
      const sizes = { rows: N * H * W, C, radius, bias, alpha, beta, tile };
      const y = record.activation(x.shape, "y");
      record.dispatch(normalizationForward(sizes), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation(x.shape, "dx");
          record.dispatch(normalizationGradient(sizes), { x, dy, dx });
          return dx;
        },
      };
    },
  };
}
