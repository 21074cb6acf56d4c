/**
 * Layer normalization.
 *
 * @module
 */
import { rowMoments } from "../../kernels/moments.wgsl.ts";
import { normalizeForward, rowInputGradient } from "../../kernels/normalize.wgsl.ts";
import type { Layout, Shape } from "../shape.ts";
import type { Layer } from "./layer.ts";
import {
  affineParameters,
  recordAffineGradient,
  requireEpsilon,
  tableOf,
} from "./normalization.ts";

/** Options of {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Its name in the model. Default `norm`. */
  readonly name?: string;
  /** ε, added to the variance; above 0. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * `y = γ (x − μ) / √(σ² + ε) + β`, with mean `μ` and biased variance `σ²` over the channels of each
 * row, or of each pixel by itself. The same in training and inference.
 *
 * Parameters: `gamma` `C`, from 1; `beta` `C`, from 0.
 *
 * Source: Ba, Kiros, Hinton, "Layer normalization" (2016).
 *
 * @throws {ShapeError} if ε is not above 0
 *
 * @example
 * ```ts
 * import { layerNorm } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(layerNorm("NC").outputShape([8, 384]), [8, 384]);
 * ```
 */
export function layerNorm<L extends Layout>(
  layout: L,
  options: LayerNormOptions = {},
): Layer<L, L> {
  const { name = "norm", epsilon = 1e-5 } = options;
  requireEpsilon(name, epsilon);
  return {
    name,
    kind: "layer_norm",
    input: layout,
    output: layout,
    outputShape: (x) => x,
    parameters: (x) => affineParameters(tableOf(x).C, 1),
    attributes: () => ({ epsilon }),
    multiplyAdds: () => 0,
    apply(x, { record, parameters: { gamma, beta } }) {
      const sizes = { ...tableOf(x.shape), per: "row", epsilon } as const;
      const mean = record.tensor([sizes.rows], "mean");
      const variance = record.tensor([sizes.rows], "variance");
      const y = record.activation<Shape<L>>(x.shape, "y");
      record.dispatch(rowMoments(sizes), { x, mean, variance });
      const affine = { gamma: gamma.value, beta: beta.value };
      record.dispatch(normalizeForward(sizes), { x, mean, variance, ...affine, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          recordAffineGradient(record, { sizes, x, mean, variance, dy, gamma, beta });
          if (!needsInput) return;
          const dx = record.activation<Shape<L>>(x.shape, "dx");
          const tensors = { x, mean, variance, gamma: gamma.value, dy, dx };
          record.dispatch(rowInputGradient(sizes), tensors);
          return dx;
        },
      };
    },
  };
}
