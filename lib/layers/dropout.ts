/**
 * Dropout.
 *
 * @module
 */
import { dropout as dropoutKernel } from "../../kernels/elementwise.wgsl.ts";
import { type Layout, type Shape, ShapeError, sizeOf } from "../shape.ts";
import type { Layer } from "./layer.ts";

/** Options of {@linkcode dropout}. */
export interface DropoutOptions {
  /** Its name in the model. Default `dropout`. */
  readonly name?: string;
  /** The share of elements set to zero while training, in [0, 1). */
  readonly rate: number;
}

/**
 * While training, `y = x / (1 − rate)` where an element is kept and 0 where it is dropped; otherwise
 * `y = x`. Which elements are dropped is a function of seed, step, example, element and the layer's
 * name, so it does not depend on how examples are batched.
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting" (2014).
 *
 * @throws {ShapeError} if the rate is not in [0, 1)
 *
 * @example
 * ```ts
 * import { dropout } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(dropout("NC", { rate: 0.5 }).outputShape([8, 384]), [8, 384]);
 * ```
 */
export function dropout<L extends Layout>(layout: L, options: DropoutOptions): Layer<L, L> {
  const { name = "dropout", rate } = options;
  if (!(rate >= 0 && rate < 1)) {
    throw new ShapeError(
      `Cannot build ${name}: needs a rate of at least 0 and below 1, got ${rate}`,
    );
  }
  return {
    name,
    kind: "dropout",
    input: layout,
    output: layout,
    outputShape: (x) => x,
    parameters: () => ({}),
    attributes: () => ({ rate }),
    multiplyAdds: () => 0,
    apply(x, { record, training, step }) {
      if (!training || rate === 0) return { y: x, pullback: (dy) => dy };
      const size = sizeOf(x.shape);
      const kernel = dropoutKernel(size, {
        rate,
        exampleSize: size / x.shape[0],
        // In full where it is inside of another: two of the same name must not draw alike.
        stream: streamOf(record.layer || name),
      });
      const y = record.activation<Shape<L>>(x.shape, "y");
      record.dispatch(kernel, { x, y, step });
      return {
        y,
        pullback(dy, { needsInput }) {
          if (!needsInput) return;
          const dx = record.activation<Shape<L>>(x.shape, "dx");
          record.dispatch(kernel, { x: dy, y: dx, step });
          return dx;
        },
      };
    },
  };
}

/** A number from a name (FNV-1a), with the top bit set: pictures draw from the streams below. */
function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash | 0x80000000) >>> 0;
}
