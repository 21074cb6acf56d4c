/**
 * ONNX's operations in terms of the library's layers: what computes them, or why a test does not apply.
 *
 * @module
 */
import { crossEntropy } from "../../kernels/softmax.wgsl.ts";
import { leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { relu } from "../../lib/layers/relu.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import { adam, momentum } from "../../lib/optim/optimizers.ts";
import { runKernel } from "../kernels/run_kernel.ts";
import { array64, map, zeros } from "../support/reference.ts";
import { moved, reshaped, toPictures } from "./layouts.ts";
import type { OnnxTensor, OnnxTest } from "./onnx_model.ts";
import { onnxOptimizer } from "./onnx_optimizers.ts";
import { asRows, forward, type Run, runPictures, runRows, sizeOf } from "./onnx_run.ts";
import { windowOf } from "./onnx_window.ts";

/** What computes a test, or why it does not apply. */
type Operation = (test: OnnxTest) => Run | string;

/** Why no test of an operation applies. */
const missing = (reason: string): Operation => () => reason;

/** Every operation that a convolutional network is made of. */
export const onnxOperations: Readonly<Record<string, Operation>> = {
  Conv(test) {
    const [x, w, b] = test.inputs as [OnnxTensor, OnnxTensor, OnnxTensor?];
    const [O, I] = w.shape;
    const group = Number(test.attributes.group ?? 1);
    const channels = x.shape[1];
    const window = windowOf(test, { size: sizeOf(x), kernel: w.shape.slice(2) });
    if (typeof window === "string") return window;
    if (group !== 1 && group !== channels) return "groups of several channels";
    const layer = group === 1
      ? conv2d({ filters: O, ...window })
      : depthwiseConv2d({ multiplier: O / channels, ...window });
    const [KH, KW] = window.kernel;
    // O×I×KH×KW to KH×KW×I×O; the filters of a depthwise convolution come as (I·M)×1×KH×KW.
    const filters = moved(reshaped(w, [O, I, KH, KW]), [2, 3, 1, 0]);
    const parameters = { weights: filters.data, biases: (b ?? zeros([O])).data };
    return runPictures(x, layer, parameters);
  },
  MaxPool: (test) => pooling(test, maxPool2d),
  AveragePool(test) {
    const { attributes: { count_include_pad } } = test;
    return count_include_pad ? "padding counts as cells" : pooling(test, averagePool2d);
  },
  GlobalMaxPool: ({ inputs: [x] }) => runPictures(x!, maxPool2d({ window: sizeOf(x!) })),
  GlobalAveragePool({ inputs: [x], outputs: [y] }) {
    const pictures = toPictures(x!);
    return runRows(pictures, globalAveragePool2d(), {}, y.shape);
  },
  LRN({ inputs: [x], attributes }) {
    const { size, alpha = 1e-4, beta = 0.75, bias = 1 } = attributes as Record<string, number>;
    if (size % 2 === 0) return "an even window";
    // ONNX divides alpha by the window's size.
    const layer = localResponseNormalization({
      radius: (size - 1) / 2,
      alpha: alpha / size,
      beta,
      bias,
    });
    return runPictures(x!, layer);
  },
  Gemm({ inputs: [a, b, c], attributes }) {
    const { alpha = 1, beta = 1, transA, transB } = attributes as Record<string, number>;
    const x = transA ? moved(a!, [1, 0]) : a!;
    const w = transB ? moved(b!, [1, 0]) : b!;
    const O = w.shape[1];
    const bias = c ?? zeros([O]);
    if (bias.data.length > O) return "a bias for each row";
    // Factors are no part of a dense layer: they go into its parameters.
    const weights = w.data.map((value) => alpha * value);
    const biases = map(zeros([O]), (_, o) => beta * bias.data[o % bias.data.length]).data;
    return runRows(x, dense({ units: O }), { weights, biases });
  },
  MatMul({ inputs: [a, b] }) {
    if (a!.shape.length > 2) return "several products in one";
    const O = b!.shape[1];
    const parameters = { weights: b!.data, biases: new Float64Array(O) };
    return runRows(a!, dense({ units: O }), parameters);
  },
  Relu: ({ inputs: [x] }) => runRows(asRows(x!, 1), relu("NC"), {}, x!.shape),
  Softmax({ inputs: [x], attributes, opset }) {
    const { shape } = x!;
    const axis = Number(attributes.axis ?? (opset < 13 ? 1 : -1));
    const along = axis < 0 ? axis + shape.length : axis;
    // Before version 13 all axes from the given one were taken together.
    if (opset < 13) return runRows(asRows(x!, along), softmax(), {}, shape);
    const order = shape.map((_, index) => index).filter((index) => index !== along);
    const last = moved(x!, [...order, along]);
    const back = [...order, along].map((_, index) => [...order, along].indexOf(index));
    return async (device) => {
      const y = await runRows(asRows(last, shape.length - 1), softmax())(device);
      return moved(reshaped(y, last.shape), back);
    };
  },
  SoftmaxCrossEntropyLoss({ inputs: [x, labels, weights], attributes, outputs: [loss] }) {
    if (weights) return "classes have weights";
    if (attributes.ignore_index !== undefined) return "labels to be ignored";
    const rows = moved(x!, [0, ...x!.shape.slice(2).map((_, axis) => axis + 2), 1]);
    const C = x!.shape[1];
    const N = rows.data.length / C;
    return async (device) => {
      const written = await runKernel(device, crossEntropy({ rows: N, C }, { scale: 1 }), {
        x: Float32Array.from(rows.data),
        labels: Uint32Array.from(labels!.data),
        losses: new Float32Array(N),
        dx: new Float32Array(N * C),
      });
      const losses = Array.from(written.losses);
      const sum = losses.reduce((total, value) => total + value, 0);
      const reduced = { none: losses, sum: [sum], mean: [sum / N] };
      return array64(loss.shape, reduced[(attributes.reduction ?? "mean") as keyof typeof reduced]);
    };
  },
  Flatten({ inputs: [x], attributes: { axis = 1 } }) {
    const { length } = x!.shape;
    if (axis !== 1 && axis !== 1 - length) return "not only the first axis is kept";
    // Flattening keeps elements in their order, whatever the layout.
    return async (device) => {
      using runner = await forward(device, flatten(), x!.shape);
      const { y } = await runner.run({ x: x!.data });
      return array64(runner.shape, y);
    };
  },
  Dropout({ name, inputs: [x, ratio, training], attributes: { ratio: rate = 0.5 } }) {
    const drops = training?.data[0] && ratio?.data[0] !== 0 || name.includes("training") && !ratio;
    if (drops) return "the mask is that of another random generator";
    const layer = dropout("NC", { rate: ratio?.data[0] ?? Number(rate) });
    return runRows(asRows(x!, 1), layer, {}, x!.shape);
  },
  LogSoftmax: missing("no such layer: cross-entropy takes the logarithm itself"),
  NegativeLogLikelihoodLoss: missing(
    "no such loss: cross-entropy takes logits, not logarithms of probabilities",
  ),
  BatchNormalization({ inputs, attributes: { epsilon = 1e-5, training_mode }, outputs: [y] }) {
    const [x, gamma, beta, mean, variance] = inputs as OnnxTensor[];
    if (training_mode) return "with running averages besides, and its own momentum";
    const layout = y.shape.length === 2 ? "NC" : "NHWC";
    if (y.shape.length > 4) return "three-dimensional";
    const layer = batchNorm(layout, { epsilon: Number(epsilon) });
    const parameters = {
      gamma: gamma.data,
      beta: beta.data,
      running_mean: mean.data,
      running_variance: variance.data,
    };
    return layout === "NC" ? runRows(x, layer, parameters) : runPictures(x, layer, parameters);
  },
  LayerNormalization({ inputs, attributes: { axis = -1, epsilon = 1e-5 } }) {
    const [x, gamma, beta] = inputs as [OnnxTensor, OnnxTensor, OnnxTensor?];
    const from = Number(axis) < 0 ? Number(axis) + x.shape.length : Number(axis);
    const rows = asRows(x, from);
    const parameters = { gamma: gamma.data, beta: (beta ?? zeros([rows.shape[1]])).data };
    return runRows(rows, layerNorm("NC", { epsilon: Number(epsilon) }), parameters, x.shape);
  },
  LeakyRelu: ({ inputs: [x], attributes: { alpha = 0.01 } }) =>
    runRows(asRows(x!, 1), leakyRelu("NC", { slope: Number(alpha) }), {}, x!.shape),
  Sigmoid: ({ inputs: [x] }) => runRows(asRows(x!, 1), sigmoid("NC"), {}, x!.shape),
  Tanh: ({ inputs: [x] }) => runRows(asRows(x!, 1), tanh("NC"), {}, x!.shape),
  Momentum: (test) =>
    onnxOptimizer(
      test,
      ({ alpha }) =>
        momentum({ momentum: alpha, nesterov: String(test.attributes.mode) === "nesterov" }),
    ),
  Adam(test) {
    const { epsilon } = test.attributes as Record<string, number>;
    // Its numbers agree with 0.01.
    if (epsilon === undefined) return "an epsilon that the model does not say";
    return onnxOptimizer(test, ({ alpha, beta }) => adam({ beta1: alpha, beta2: beta, epsilon }));
  },
  Adagrad: missing("no Adagrad"),
};

function pooling(test: OnnxTest, layer: typeof maxPool2d): Run | string {
  const [x] = test.inputs as [OnnxTensor];
  const kernel = test.attributes.kernel_shape as readonly number[];
  const window = windowOf(test, { size: sizeOf(x), kernel });
  if (typeof window === "string") return window;
  const { kernel: size, stride, padding } = window;
  return runPictures(x, layer({ window: size, stride, padding }));
}
