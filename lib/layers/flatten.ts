/**
 * From pictures to rows of features.
 *
 * @module
 */
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../gpu/tensor.ts";
import type { Layer } from "./layer.ts";

/**
 * `N×H×W×C` to `N×(H·W·C)`, row-major: feature `(h·W + w)·C + c`. Moves nothing.
 *
 * @example
 * ```ts
 * import { flatten } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(flatten().outputShape([128, 6, 6, 64]), [128, 2304]);
 * ```
 */
export function flatten(options: { name?: string } = {}): Layer<"NHWC", "NC"> {
  return {
    name: options.name ?? "flatten",
    kind: "flatten",
    input: "NHWC",
    output: "NC",
    outputShape: ([N, H, W, C]) => [N, H * W * C],
    parameters: () => ({}),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const [N] = x.shape;
      return {
        y: record.reshape(x, [N, sizeOf(x.shape) / N]),
        pullback: (dy): Tensor<Shape<"NHWC">> => record.reshape(dy, x.shape),
      };
    },
  };
}
