/**
 * The scale that keeps gradients of 16 bits from vanishing.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import { unscale } from "../../kernels/unscale.wgsl.ts";
import type { Arena } from "../gpu/arena.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";

/**
 * What the gradients of the logits, `1 / N` at most, are scaled to at most where they are stored as
 * `f16`: 2⁸ leaves as much room for growth below the largest number, and a factor of 2²² down to the
 * smallest of full precision.
 */
const largestLogitGradient = 2 ** 8;

/**
 * What multiplies the gradients of the activations of a batch, so that those stored as `f16` neither
 * vanish nor overflow: a power of two, as that takes nothing from their precision. 1 for `f32`.
 *
 * Source: Micikevicius et al., "Mixed precision training" (2018).
 */
export function lossScale(batch: number, activations: ElementType): number {
  return activations === "f32" ? 1 : 2 ** Math.floor(Math.log2(batch)) * largestLogitGradient;
}

/**
 * Records `g ← g / scale` for the gradients of all parameters that are trained; what stands in place of
 * the others' does not come from the loss. A gradient that is not finite is found here, as the loss would
 * show it only after the update.
 */
export function unscaleGradients(
  record: Recorder,
  { gradients, scale, step, firstBad }: {
    gradients: Arena;
    scale: number;
    step: Tensor;
    firstBad: Tensor;
  },
): void {
  const { length, trainedLength } = gradients.table;
  record.scope("unscale", () =>
    record.dispatch(unscale(length, { scale, scaled: trainedLength }), {
      step,
      gradients: gradients.all,
      first_bad: firstBad,
    }));
}
