/**
 * What all layers with a bias share.
 *
 * @module
 */
import { biasGradient, biasParts } from "../../kernels/bias_gradient.wgsl.ts";
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import { reluGradient } from "../../kernels/elementwise.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { constantInitializer, type ParameterSpec } from "../parameters.ts";
import { sizeOf } from "../shape.ts";
import type { Parameter } from "./layer.ts";

/** What a layer with biases of a shape owns, named `biases`; nothing if `bias` is `false`. */
export function biasSpec(
  bias: number | false,
  shape: readonly number[],
): Record<"biases", ParameterSpec> | Record<never, never> {
  return bias === false ? {} : { biases: { shape, initial: constantInitializer(bias) } };
}

/** Records `db`, if there is a bias, and `dz`, the gradient before the activation. */
export function recordBiasGradient<S extends readonly number[]>(
  record: Recorder,
  { dy, y, relu, biases }: { dy: Tensor<S>; y: Tensor<S>; relu: boolean; biases?: Parameter },
): Tensor<S> {
  const dz = relu ? record.activation<S>(dy.shape, "dz") : dy;
  if (!biases) {
    if (relu) record.dispatch(reluGradient(sizeOf(dy.shape)), { y, dy, dx: dz });
    return dz;
  }
  const C = dy.shape[dy.shape.length - 1];
  const rows = dy.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const { kind } = record.target;
  const partials = record.tensor([biasParts(rows, kind), C], "bias partials");
  const kernel = biasGradient({ rows, C }, { relu, kind });
  record.dispatch(kernel, relu ? { dy, partials, y, dz } : { dy, partials });
  recordBiasSum(record, { partials, biases });
  return dz;
}

/** Records the sum over the rows of `partials`. */
export function recordBiasSum(
  record: Recorder,
  { partials, biases }: { partials: Tensor; biases: Parameter },
): void {
  const [rows, columns] = partials.shape;
  record.dispatch(columnSums({ rows, columns, kind: record.target.kind }), {
    x: partials,
    total: biases.gradient,
  });
}
