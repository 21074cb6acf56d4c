/**
 * Convolution whose filters are not shared between places.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import {
  locallyConnectedForward,
  locallyConnectedInputGradient,
  locallyConnectedWeightGradient,
} from "../../kernels/locally_connected2d.wgsl.ts";
import { type ParameterSpec, truncatedNormalInitializer } from "../parameters.ts";
import { requireSize, requireWord, type Shape, ShapeError } from "../shape.ts";
import { biasSpec, recordBiasGradient } from "./bias.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { conv2dSizes, windowAttributes } from "./conv2d_sizes.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode locallyConnected2d}: those of a convolution. Default name `local`. */
export type LocallyConnected2dOptions = Conv2dOptions;

/** Products that one dispatch can hold, one for each place: the limit of workgroups along an axis. */
const mostPlaces = 65_535;

/**
 * A convolution that has filters and biases of its own at each place:
 * `y[n, oh, ow, o] = Σ_{kh, kw, i} x[n, oh·SH + kh − PT, ow·SW + kw − PL, i] · w[oh, ow, kh, kw, i, o] + b[oh, ow, o]`,
 * zero outside the picture, then the activation.
 *
 * Parameters: `weights` `OH×OW×KH×KW×I×O` and, unless `bias` is `false`, `biases` `OH×OW×O`: as many times more
 * than a convolution has as there are places, for the same work. `SAME` padding puts the odd cell after.
 *
 * Source: Y. Taigman et al., "DeepFace" (2014), section 2.2; A. Krizhevsky's cuda-convnet has it as `local`.
 *
 * @throws {ShapeError} if a size is not a positive whole number, the kernel does not fit, or input or
 * output has more than 65,535 places
 *
 * @example
 * ```ts
 * import { locallyConnected2d } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const local = locallyConnected2d({ filters: 32, kernel: 3, padding: "SAME", activation: "relu" });
 * assertEquals(local.outputShape([128, 6, 6, 64]), [128, 6, 6, 32]);
 * assertEquals(local.parameters([128, 6, 6, 64]).weights.shape, [6, 6, 3, 3, 64, 32]);
 * ```
 */
export function locallyConnected2d(options: LocallyConnected2dOptions): Layer<"NHWC", "NHWC"> {
  const { name = "local", filters, bias = 0, activation = "none", weightDecay } = options;
  requireSize(name, "filters", filters);
  requireWord(name, "activation", activation, ["none", "relu"]);
  const relu = activation === "relu";
  const sizesOf = (x: Shape<"NHWC">) =>
    requireFewPlaces(name, conv2dSizes(x, { ...options, name }));
  return {
    name,
    kind: "locally_connected2d",
    input: "NHWC",
    output: "NHWC",
    outputShape(x) {
      const { N, OH, OW, O } = sizesOf(x);
      return [N, OH, OW, O];
    },
    parameters(x): Record<string, ParameterSpec> {
      const { OH, OW, KH, KW, I, O } = sizesOf(x);
      const deviation = options.deviation ?? Math.sqrt(2 / (KH * KW * I));
      return {
        weights: {
          shape: [OH, OW, KH, KW, I, O],
          initial: truncatedNormalInitializer(deviation),
          decay: weightDecay,
        },
        ...biasSpec(bias, [OH, OW, O]),
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
      const variant = record.matmulVariant("locally_connected2d");
      const operands = { x, w: weights.value, y };
      record.dispatch(
        locallyConnectedForward(sizes, { bias: biases !== undefined, relu, variant }),
        biases ? { ...operands, b: biases.value } : operands,
      );
      return {
        y,
        pullback(dy, { needsInput }) {
          // Each place has biases of its own, so they are those of rows as long as a picture.
          const rows = [N, OH * OW * O] as const;
          const dz = recordBiasGradient(record, {
            dy: record.reshape(dy, rows),
            y: record.reshape(y, rows),
            relu,
            biases,
          });
          const dw = weights.gradient;
          record.dispatch(locallyConnectedWeightGradient(sizes, variant), { x, dy: dz, dw });
          if (!needsInput) return;
          const dx = record.activation<Shape<"NHWC">>(x.shape, "dx");
          const w = weights.value;
          record.dispatch(locallyConnectedInputGradient(sizes, variant), { dy: dz, w, dx });
          return dx;
        },
      };
    },
  };
}

function requireFewPlaces(name: string, sizes: Conv2dSizes): Conv2dSizes {
  const { H, W, OH, OW } = sizes;
  const places = Math.max(H * W, OH * OW);
  if (places <= mostPlaces) return sizes;
  throw new ShapeError(
    `Cannot build ${name}: needs at most ${mostPlaces} places in input and output, got ${places}; ` +
      "pool before it or use a larger stride",
  );
}
