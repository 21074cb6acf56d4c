/**
 * The dense layer.
 *
 * @module
 */
import {
  denseForward,
  denseForwardInParts,
  denseInputGradient,
  denseParts,
  type DenseSizes,
  denseWeightGradient,
} from "../../kernels/dense.wgsl.ts";
import { finishParts } from "../../kernels/finish_parts.wgsl.ts";
import type { MatmulVariant } from "../../kernels/matmul.wgsl.ts";
import { fewRows, fewRowsParts, fitsFewRows } from "../../kernels/matmul_few_rows.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { type ParameterSpec, truncatedNormalInitializer } from "../parameters.ts";
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
        weights: {
          shape: [I, O],
          initial: truncatedNormalInitializer(deviation),
          decay: weightDecay,
        },
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
      recordForward(record, { x, w: weights.value, b: biases?.value, y }, { sizes, relu, variant });
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

/** Records `y = x w + b`, ReLU after: at once, or in parts where that keeps the adapter busier. */
function recordForward(
  record: Recorder,
  { x, w, b, y }: { x: Tensor; w: Tensor; b?: Tensor; y: Tensor },
  { sizes, relu, variant }: { sizes: DenseSizes; relu: boolean; variant: MatmulVariant },
): void {
  const { N, I, O } = sizes, finish = { bias: b !== undefined, relu };
  const product = { M: N, N: O, K: I };
  const few = fitsFewRows(product);
  const parts = few ? fewRowsParts(product, variant) : denseParts(sizes, variant);
  if (!few && parts === 1) {
    const tensors = { x, w, y };
    record.dispatch(denseForward(sizes, { ...finish, variant }), b ? { ...tensors, b } : tensors);
    return;
  }
  const partials = record.tensor([parts, N, O], "partial sums");
  const inParts = few
    ? fewRows(product, { name: "dense_forward", operands: ["x", "w"], parts, variant })
    : denseForwardInParts(sizes, { parts, variant });
  record.dispatch(inParts, { x, w, partials });
  const last = finishParts(product, { name: "dense_finish", parts, ...finish });
  record.dispatch(last, b ? { partials, y, b } : { partials, y });
}
