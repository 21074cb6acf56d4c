/**
 * The dense layer.
 *
 * @module
 */
import { denseForward, denseInputGradient, denseWeightGradient } from "../../kernels/dense.wgsl.ts";
import { type ParameterSpec, truncatedNormal } from "../parameters.ts";
import { requireSize, requireWord } from "../shape.ts";
import { biasSpec, recordBiasGradient } from "./bias.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode dense}. */
export interface DenseOptions {
  /** Its name in the model. Default `dense`. */
  readonly name?: string;
  /** Features of the output. */
  readonly units: number;
  /** What follows the bias, in the same pass over memory. Default `none`. */
  readonly activation?: "none" | "relu";
  /** Deviation of the truncated normal that weights start from. Default `√(2 / I)` (He et al., 2015). */
  readonly deviation?: number;
  /** What biases start from, or `false` for none, as before a normalization. Default 0. */
  readonly bias?: number | false;
  /** λ of the term `λ · ½‖w‖²` of the loss. Default 0. */
  readonly weightDecay?: number;
}

/**
 * `y = x w + b`, then the activation. Parameters: `weights` `I×O` and, unless `bias` is `false`, `biases` `O`.
 *
 * It takes rows of features; put `flatten()` between it and a layer that gives pictures.
 *
 * @throws {ShapeError} if the number of units is not a positive whole number
 *
 * @example
 * ```ts
 * import { dense } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(dense({ units: 384, activation: "relu" }).outputShape([128, 2304]), [128, 384]);
 * ```
 */
export function dense(options: DenseOptions): Layer<"NC", "NC"> {
  const { name = "dense", units: O, bias = 0, activation = "none", weightDecay } = options;
  requireSize(name, "units", O);
  requireWord(name, "activation", activation, ["none", "relu"]);
  const relu = activation === "relu";
  return {
    name,
    kind: "dense",
    input: "NC",
    output: "NC",
    outputShape: ([N]) => [N, O],
    parameters([, I]): Record<string, ParameterSpec> {
      const deviation = options.deviation ?? Math.sqrt(2 / I);
      return {
        weights: { shape: [I, O], initial: truncatedNormal(deviation), decay: weightDecay },
        ...biasSpec(bias, [O]),
      };
    },
    attributes: () => ({ activation }),
    multiplyAdds: ([N, I]) => N * I * O,
    apply(x, { record, parameters: { weights, biases } }) {
      const [N, I] = x.shape;
      const sizes = { N, I, O };
      const y = record.activation([N, O], "y");
      const variant = record.matmulVariant("dense");
      const operands = { x, w: weights.value, y };
      record.dispatch(
        denseForward(sizes, { bias: biases !== undefined, relu, variant }),
        biases ? { ...operands, b: biases.value } : operands,
      );
      return {
        y,
        pullback(dy, { needsInput }) {
          const dz = recordBiasGradient(record, { dy, y, relu, biases });
          record.dispatch(denseWeightGradient(sizes, variant), { x, dy: dz, dw: weights.gradient });
          if (!needsInput) return;
          const dx = record.activation(x.shape, "dx");
          record.dispatch(denseInputGradient(sizes, variant), { dy: dz, w: weights.value, dx });
          return dx;
        },
      };
    },
  };
}
