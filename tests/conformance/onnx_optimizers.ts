/**
 * ONNX's optimizers in terms of the library's.
 *
 * @module
 */
import { packStep } from "../../kernels/step.wgsl.ts";
import { slotsOf, update } from "../../kernels/update.wgsl.ts";
import type { Optimizer } from "../../lib/optim/optimizers.ts";
import { runKernel } from "../kernels/run_kernel.ts";
import { array64 } from "../support/reference.ts";
import type { OnnxTest } from "./onnx_model.ts";
import type { Run } from "./onnx_run.ts";

/** Momentum's `beta` scales the gradient from the second step on; the tests are of the first. */
export function onnxOptimizer(
  { inputs, attributes }: OnnxTest,
  optimizerOf: (attributes: Record<string, number>) => Optimizer,
): Run | string {
  const [rate, at, ...tensors] = inputs.map((input) => input!);
  if (at.data[0] !== 0) return "a step that is not the first";
  const numbers = attributes as Record<string, number>;
  const optimizer = optimizerOf(numbers);
  // Of several tensors, X1 X2 G1 G2 V1 V2…, the first.
  const each = tensors.length / (2 + slotsOf(optimizer).length);
  const [x, g, ...slots] = tensors.filter((_, i) => i % each === 0);
  const { norm_coefficient: decay = 0 } = numbers;
  const length = Math.ceil(x.data.length / 4) * 4;
  const padded = (values: ArrayLike<number>) => {
    const array = new Float32Array(length);
    array.set(values);
    return array;
  };
  return async (device) => {
    const got = await runKernel(device, update({ length, trained: length }, optimizer), {
      step: packStep({
        key: [0, 0],
        step: 0,
        firstExample: 0,
        learningRate: rate.data[0],
        averageWeight: 0,
      }),
      gradients: padded(g.data.map((value, i) => value + decay * x.data[i])),
      parameters: padded(x.data),
      averages: new Float32Array(length),
      ...Object.fromEntries(slotsOf(optimizer).map((name, i) => [name, padded(slots[i].data)])),
    });
    return array64(x.shape, [...got.parameters.subarray(0, x.data.length)]);
  };
}
