/** cuda-convnet's network with locally connected layers, put together from the other references. */
import { type Array64, map, type Reference } from "./array.ts";
import { conv2d } from "./conv2d.ts";
import { dense } from "./dense.ts";
import { flatten } from "./elementwise.ts";
import { localResponseNormalization } from "./local_response_normalization.ts";
import { locallyConnected2d } from "./locally_connected2d.ts";
import { weightDecay } from "./optim.ts";
import { maxPool2d } from "./pool.ts";
import { crossEntropy } from "./softmax.ts";
import type { NetworkResult } from "./tutorial_network.ts";

const weighted = { padding: "SAME", activation: "relu" } as const;
const pooling = { window: [3, 3], strides: [2, 2], padding: "SAME" } as const;
const normalization = { radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 };
const decays = { "local3/weights": 0.004, "local4/weights": 0.004, "fc10/weights": 0.01 };

/** Loss and gradients for pictures `x` with labels; sizes are those of the parameters. */
export function cudaConvnet(
  { x, labels }: { x: Array64; labels: ArrayLike<number> },
  parameters: Readonly<Record<string, Array64>>,
): NetworkResult {
  const owned = (layer: string) => ({
    w: parameters[`${layer}/weights`],
    b: parameters[`${layer}/biases`],
  });
  const layers: [name: string, of: (x: Array64) => Reference<"x">][] = [
    ["conv1", (x) => conv2d({ x, ...owned("conv1") }, weighted)],
    ["pool1", (x) => maxPool2d(x, pooling)],
    ["rnorm1", (x) => localResponseNormalization(x, normalization)],
    ["conv2", (x) => conv2d({ x, ...owned("conv2") }, weighted)],
    ["rnorm2", (x) => localResponseNormalization(x, normalization)],
    ["pool2", (x) => maxPool2d(x, pooling)],
    ["local3", (x) => locallyConnected2d({ x, ...owned("local3") }, weighted)],
    ["local4", (x) => locallyConnected2d({ x, ...owned("local4") }, weighted)],
    ["flatten", flatten],
    ["fc10", (x) => dense({ x, ...owned("fc10") })],
  ];
  let y = x;
  const pullbacks = layers.map(([name, of]) => {
    const reference = of(y);
    y = reference.y;
    return { name, pullback: reference.pullback };
  });

  const entropy = crossEntropy(y, labels);
  const gradients: Record<string, Array64> = {};
  let slope = entropy.dx;
  for (const { name, pullback } of pullbacks.reverse()) {
    const { x: dx, w, b }: { x: Array64; w?: Array64; b?: Array64 } = pullback(slope);
    if (w) gradients[`${name}/weights`] = w;
    if (b) gradients[`${name}/biases`] = b;
    slope = dx;
  }
  let loss = entropy.loss;
  for (const [name, decay] of Object.entries(decays)) {
    const term = weightDecay(parameters[name], decay);
    loss += term.loss;
    gradients[name] = map(gradients[name], (value, i) => value + term.dw.data[i]);
  }
  return { logits: y, crossEntropy: entropy.loss, loss, gradients };
}
