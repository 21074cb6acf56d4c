/**
 * What all layers with a bias share.
 *
 * @module
 */
import { biasGradient, biasParts } from "../../kernels/bias_gradient.wgsl.ts";
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import type { Recorder, Tensor } from "../gpu/recorder.ts";
import type { Parameter } from "./layer.ts";

/** Records `db`, and `dz`, the gradient before the activation. */
export function recordBiasGradient<S extends readonly number[]>(
  record: Recorder,
  { dy, y, relu, biases }: { dy: Tensor<S>; y: Tensor<S>; relu: boolean; biases: Parameter },
): Tensor<S> {
  const C = dy.shape[dy.shape.length - 1];
  const rows = dy.shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const partials = record.tensor([biasParts(rows), C], "bias partials");
  const dz = relu ? record.activation<S>(dy.shape, "dz") : dy;
  const kernel = biasGradient({ rows, C }, { relu });
  record.dispatch(kernel, relu ? { dy, partials, y, dz } : { dy, partials });
  record.dispatch(columnSums({ rows: biasParts(rows), columns: C }), {
    x: partials,
    total: biases.gradient,
  });
  return dz;
}
