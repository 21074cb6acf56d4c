/**
 * Softmax as a layer.
 *
 * @module
 */
import { softmaxForward, softmaxGradient } from "../../kernels/softmax.wgsl.ts";
import type { Layer } from "./layer.ts";
import type { Model } from "./sequential.ts";

/**
 * Normalized predictions: `y_c = exp(x_c) / Σ_j exp(x_j)` over each row, computed from `x − max x` so
 * that nothing overflows; `dx_c = y_c (dy_c − Σ_j dy_j y_j)`.
 *
 * Train on logits with {@linkcode crossEntropy}, which is exact where a probability rounds to 0; end a
 * network with this layer where its user wants probabilities, after it was trained without.
 *
 * @example
 * ```ts
 * import { softmax } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(softmax().outputShape([8, 10]), [8, 10]);
 * ```
 */
export function softmax(options: { name?: string } = {}): Layer<"NC", "NC"> {
  return {
    name: options.name ?? "softmax",
    kind: "softmax",
    input: "NC",
    output: "NC",
    outputShape: (x) => x,
    parameters: () => ({}),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const [rows, C] = x.shape;
      const y = record.activation(x.shape, "y");
      record.dispatch(softmaxForward({ rows, C }), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation(x.shape, "dx");
          record.dispatch(softmaxGradient({ rows, C }), { y, dy, dx });
          return dx;
        },
      };
    },
  };
}

/** Whether a model gives probabilities already, and not logits. */
export function endsInSoftmax({ layers }: Pick<Model, "layers">): boolean {
  return layers.at(-1)?.kind === "softmax";
}
