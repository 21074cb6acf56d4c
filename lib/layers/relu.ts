/**
 * The rectified linear unit.
 *
 * @module
 */
import { reluForward, reluGradient } from "../../kernels/elementwise.wgsl.ts";
import { type Layout, type Shape, sizeOf } from "../shape.ts";
import type { Layer } from "./layer.ts";

/**
 * `y = max(x, 0)`, on a tensor of any layout; `dx = dy` where `y > 0`, else 0.
 *
 * Convolutions and dense layers do it by themselves with `activation: "relu"`, which saves a pass
 * over memory.
 *
 * @example
 * ```ts
 * import { relu } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(relu("NC").outputShape([8, 10]), [8, 10]);
 * ```
 */
export function relu<L extends Layout>(layout: L, options: { name?: string } = {}): Layer<L, L> {
  return {
    name: options.name ?? "relu",
    kind: "relu",
    input: layout,
    output: layout,
    outputShape: (x) => x,
    parameters: () => ({}),
    multiplyAdds: () => 0,
    apply(x, { record }) {
      const size = sizeOf(x.shape);
      const y = record.activation<Shape<L>>(x.shape, "y");
      record.dispatch(reluForward(size), { x, y });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation<Shape<L>>(x.shape, "dx");
          record.dispatch(reluGradient(size), { y, dy, dx });
          return dx;
        },
      };
    },
  };
}
