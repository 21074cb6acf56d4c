/** The tutorial's network, forward and backward, put together from the other references. */
import { type Array64, map } from "./array.ts";
import { conv2d } from "./conv2d.ts";
import { dense } from "./dense.ts";
import { flatten } from "./elementwise.ts";
import { localResponseNormalization } from "./local_response_normalization.ts";
import { weightDecay } from "./optim.ts";
import { maxPool2d } from "./pool.ts";
import { crossEntropy } from "./softmax.ts";

/** What the network computes from a batch. */
export interface NetworkResult {
  readonly logits: Array64;
  readonly crossEntropy: number;
  /** With the L2 terms. */
  readonly loss: number;
  /** Of the loss, by the names of the parameters. */
  readonly gradients: Readonly<Record<string, Array64>>;
}

const convolution = { padding: "SAME", activation: "relu" } as const;
const pooling = { window: [3, 3], strides: [2, 2], padding: "SAME" } as const;
const normalization = { radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
const decays = { "local3/weights": 0.004, "local4/weights": 0.004 };

/** Loss and gradients for pictures `x` with labels; sizes are those of the parameters. */
export function tutorialNetwork(
  { x, labels }: { x: Array64; labels: ArrayLike<number> },
  parameters: Readonly<Record<string, Array64>>,
): NetworkResult {
  const of = (layer: string) => ({
    w: parameters[`${layer}/weights`],
    b: parameters[`${layer}/biases`],
  });
  const conv1 = conv2d({ x, ...of("conv1") }, convolution);
  const pool1 = maxPool2d(conv1.y, pooling);
  const norm1 = localResponseNormalization(pool1.y, normalization);
  const conv2 = conv2d({ x: norm1.y, ...of("conv2") }, convolution);
  const norm2 = localResponseNormalization(conv2.y, normalization);
  const pool2 = maxPool2d(norm2.y, pooling);
  const flat = flatten(pool2.y);
  const local3 = dense({ x: flat.y, ...of("local3") }, { activation: "relu" });
  const local4 = dense({ x: local3.y, ...of("local4") }, { activation: "relu" });
  const linear = dense({ x: local4.y, ...of("softmax_linear") });
  const entropy = crossEntropy(linear.y, labels);

  const dLinear = linear.pullback(entropy.dx);
  const dLocal4 = local4.pullback(dLinear.x);
  const dLocal3 = local3.pullback(dLocal4.x);
  const dNorm2 = pool2.pullback(flat.pullback(dLocal3.x).x);
  const dConv2 = conv2.pullback(norm2.pullback(dNorm2.x).x);
  const dPool1 = norm1.pullback(dConv2.x);
  const dConv1 = conv1.pullback(pool1.pullback(dPool1.x).x);

  const gradients: Record<string, Array64> = {};
  const backward = {
    conv1: dConv1,
    conv2: dConv2,
    local3: dLocal3,
    local4: dLocal4,
    softmax_linear: dLinear,
  };
  for (const [layer, { w, b }] of Object.entries(backward)) {
    gradients[`${layer}/weights`] = w;
    gradients[`${layer}/biases`] = b;
  }
  let loss = entropy.loss;
  for (const [name, decay] of Object.entries(decays)) {
    const term = weightDecay(parameters[name], decay);
    loss += term.loss;
    gradients[name] = map(gradients[name], (value, i) => value + term.dw.data[i]);
  }
  return { logits: linear.y, crossEntropy: entropy.loss, loss, gradients };
}
