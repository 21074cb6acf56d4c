/**
 * The operations of `torch.json` in terms of the library's layers: what holds a case, or why it does
 * not apply.
 *
 * @module
 */
import type { Device } from "../../lib/gpu/device.ts";
import { gelu, leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { relu } from "../../lib/layers/relu.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import {
  adam,
  adamW,
  gradientDescent,
  momentum,
  type Optimizer,
  rmsProp,
} from "../../lib/optim/optimizers.ts";
import type { Layout } from "../../lib/shape.ts";
import { checkCrossEntropy } from "../fuzz_layers/cross_entropy.ts";
import { assertClose } from "../support/assert_close.ts";
import { checkOptimizer } from "../support/check_optimizer.ts";
import { checkLayer, type Expected, type Input, type LayerCheck } from "../support/check_layer.ts";
import type { ConformanceCases, ConvolutionAttributes } from "../support/conformance.ts";
import { type Array64, array64 } from "../support/reference.ts";
import { compileNetwork } from "../support/run_network.ts";
import { assertDigest, gradientStrictness, tutorialCase } from "../support/tutorial_case.ts";

/** Holds the library against a case. */
export type Check = (device: Device) => Promise<void>;

/** What holds a case, or why it does not apply. */
export type TorchOperation = (stored: never) => Check | string;

type Weighted = ConformanceCases["conv2d"];
type Pooling = ConformanceCases["max_pool2d"];

/** Every operation of the file. */
export const torchOperations: Readonly<Record<string, TorchOperation>> = {
  conv2d: (stored: Weighted) => {
    const { w } = stored.inputs;
    const [KH, KW, I, filters] = w.shape;
    const terms = { y: KH * KW * I + 1, x: KH * KW * filters, ...pixels(stored) };
    return holds(conv2d({ filters, kernel: [KH, KW], ...placed(stored.attrs) }), stored, { terms });
  },
  depthwise_conv2d: (stored: Weighted) => {
    const [KH, KW, , multiplier] = stored.inputs.w.shape;
    const layer = depthwiseConv2d({ multiplier, kernel: [KH, KW], ...placed(stored.attrs) });
    const terms = { y: KH * KW + 1, x: KH * KW * multiplier, ...pixels(stored) };
    return holds(layer, stored, { terms });
  },
  locally_connected2d: (stored: Weighted) => {
    const [, , KH, KW, I, filters] = stored.inputs.w.shape;
    const layer = locallyConnected2d({ filters, kernel: [KH, KW], ...placed(stored.attrs) });
    const [N] = stored.output.shape;
    const terms = { y: KH * KW * I + 1, x: KH * KW * filters, w: N, b: N };
    return holds(layer, stored, { terms });
  },
  dense: (stored: ConformanceCases["dense"]) => {
    const [I, units] = stored.inputs.w.shape;
    const [N] = stored.output.shape;
    return holds(dense({ units }), stored, { terms: { y: I + 1, x: units, w: N, b: N } });
  },
  max_pool2d: (stored: Pooling) => pooling(stored, maxPool2d),
  average_pool2d: (stored: Pooling) => pooling(stored, averagePool2d),
  global_average_pool2d: (stored: ConformanceCases["global_average_pool2d"]) => {
    const [, H, W] = stored.inputs.x.shape;
    return holds(globalAveragePool2d(), stored, { terms: { y: H * W } });
  },
  local_response_normalization: (stored: ConformanceCases["local_response_normalization"]) => {
    const { depth_radius: radius, ...constants } = stored.attrs;
    const sum = 2 * radius + 1;
    const layer = localResponseNormalization({ radius, ...constants });
    return holds(layer, stored, { terms: { y: sum, x: 2 * sum } });
  },
  relu: (stored: ConformanceCases["relu"]) => holds(relu(layoutOf(stored)), stored),
  softmax: (stored: ConformanceCases["softmax"]) => {
    const [, C] = stored.inputs.x.shape;
    return holds(softmax(), stored, { terms: { y: C, x: C } });
  },
  softmax_cross_entropy: (stored: ConformanceCases["softmax_cross_entropy"]) => {
    const smoothing = stored.attrs.label_smoothing;
    const expected = {
      inputs: { x: stored.inputs.logits },
      output: array64([1], [stored.loss]),
      dy: array64([1], [1]),
      grads: { x: stored.grads.logits },
    } as Expected<Input>;
    const labels = Uint32Array.from(stored.labels);
    return (device) => checkCrossEntropy(device, { labels, expected, smoothing });
  },
  optimizer: ({ attrs, initial, gradients, parameters_after }: ConformanceCases["optimizer"]) => {
    const { lr, momentum: mu, beta1, beta2, epsilon, decay, weight_decay } = attrs;
    const betas = { beta1, beta2, epsilon };
    const optimizers: Record<string, Optimizer> = {
      sgd: gradientDescent(),
      momentum: momentum({ momentum: mu }),
      nesterov: momentum({ momentum: mu, nesterov: true }),
      adam: adam(betas),
      adamw: adamW({ ...betas, decay: weight_decay }),
      rmsprop: rmsProp({ decay, epsilon }),
    };
    const optimizer = optimizers[attrs.kind];
    const expected = parameters_after.map((row) => Float64Array.from(row));
    return (device) =>
      checkOptimizer(device, { optimizer, learningRate: lr, initial, gradients, expected });
  },
  tutorial_network: () => checkTutorial,
  leaky_relu: (stored: ConformanceCases["leaky_relu"]) =>
    holds(leakyRelu(layoutOf(stored), { slope: stored.attrs.alpha }), stored),
  sigmoid: (stored: ConformanceCases["sigmoid"]) => holds(sigmoid(layoutOf(stored)), stored),
  tanh: (stored: ConformanceCases["tanh"]) => holds(tanh(layoutOf(stored)), stored),
  gelu: (stored: ConformanceCases["gelu"]) => holds(gelu(layoutOf(stored)), stored),
  gelu_tanh: () => "GELU in its exact form only",
  batch_norm: (stored: ConformanceCases["batch_norm"]) => {
    const { epsilon, training } = stored.attrs;
    const [N, H, W] = stored.output.shape;
    const rows = N * H * W;
    const terms = { y: rows, x: rows, gamma: rows, beta: rows };
    return holds(batchNorm(layoutOf(stored), { epsilon }), stored, { terms, training });
  },
  layer_norm: (stored: ConformanceCases["layer_norm"]) => {
    const C = stored.inputs.gamma.data.length;
    const rows = stored.output.data.length / C;
    const terms = { y: C, x: C, gamma: rows, beta: rows };
    return holds(layerNorm(layoutOf(stored), { epsilon: stored.attrs.epsilon }), stored, { terms });
  },
};

function holds<I extends Input>(
  layer: Layer<Layout, Layout>,
  stored: Expected<I>,
  bounds: LayerCheck = {},
): Check {
  return (device) => checkLayer(device, layer, stored, bounds);
}

function layoutOf({ output }: { readonly output: Array64 }): Layout {
  return output.shape.length === 4 ? "NHWC" : "NC";
}

function pooling(stored: Pooling, layer: typeof maxPool2d): Check {
  const { window, ...attrs } = stored.attrs;
  const cells = window[0] * window[1];
  return holds(layer({ window, ...placed(attrs) }), stored, { terms: { y: cells, x: cells } });
}

function placed({ strides: stride, padding }: ConvolutionAttributes) {
  return { stride, padding };
}

/** The products behind gradients of weights and biases that all pixels share. */
function pixels({ output: { shape: [N, OH, OW] } }: Weighted) {
  return { w: N * OH * OW, b: N * OH * OW };
}

/** The whole network: loss, logits and every gradient; see `models/tutorial.test.ts` for the bounds. */
async function checkTutorial(device: Device): Promise<void> {
  const expected = tutorialCase();
  using network = await compileNetwork(device, tutorialNetwork(), {
    batch: expected.labels.length,
  });
  const parameters = Object.entries(expected.parameters).map(([name, { data }]) => [name, data]);
  const got = await network.run({
    x: expected.x.data,
    labels: expected.labels,
    parameters: Object.fromEntries(parameters),
  });
  const loss = Object.values(got.losses).reduce((sum, term) => sum + term);
  assertClose([loss], [expected.loss], { name: "loss", terms: 2304 * 384 });
  assertClose(got.logits, expected.logits, { name: "logits", terms: 2304 });
  for (const [name, gradient] of Object.entries(expected.gradients)) {
    const strictness = gradientStrictness(name);
    assertDigest(got.gradients[name], gradient, { name, terms: 2304, strictness });
  }
}
