/** The gradients of the references against central differences, at sizes and options that are odd. */
import { Rng } from "../../lib/rng.ts";
import { checkGradients, float64 } from "../../lib/checks/gradients.ts";
import { decidedBiases, labels, normal, separated, uniform } from "./random.ts";
import {
  type Array64,
  averagePool2d,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  gelu,
  globalAveragePool2d,
  layerNorm,
  leakyRelu,
  locallyConnected2d,
  localResponseNormalization,
  map,
  maxPool2d,
  type Reference,
  relu,
  sigmoid,
  softmax,
  tanh,
  weightDecay,
} from "./reference.ts";

/** Checks all gradients of a reference, for a random `dy`. */
function check<Input extends string>(
  name: string,
  inputs: Record<Input, Array64>,
  reference: (inputs: Record<Input, Array64>) => Reference<Input>,
): void {
  Deno.test(`the gradient of ${name} is its derivative`, async () => {
    const { y, pullback } = reference(inputs);
    const dy = normal(rng.split(name), { shape: y.shape });
    const gradients = Object.fromEntries(
      Object.entries<Array64>(pullback(dy)).map(([input, { data }]) => [input, data]),
    ) as Record<Input, Float64Array>;
    await checkGradients({
      name,
      f: (moved) => reference(moved).y.data,
      inputs,
      dy: dy.data,
      gradients,
      precision: float64,
    });
  });
}

const rng = Rng.from(3);
const pictures = (name: string, shape: readonly number[]) => normal(rng.split(name), { shape });
const apart = (name: string, shape: readonly number[]) => separated(rng.split(name), { shape });

check("convolution with unequal strides and explicit padding", {
  x: pictures("x", [2, 7, 5, 3]),
  w: pictures("w", [4, 3, 3, 5]),
  b: pictures("b", [5]),
}, (inputs) => conv2d(inputs, { strides: [2, 3], padding: [[3, 0], [1, 2]] }));

check("convolution into ReLU", {
  x: uniform(rng.split("x"), { shape: [1, 6, 5, 2] }),
  w: uniform(rng.split("w"), { shape: [3, 3, 2, 7] }),
  b: decidedBiases(rng.split("b"), { channels: 7, reach: 3 * 3 * 2 }),
}, (inputs) => conv2d(inputs, { padding: "SAME", activation: "relu" }));

check("depthwise convolution with two filters a channel and unequal strides", {
  x: pictures("x", [2, 7, 5, 3]),
  w: pictures("w", [4, 3, 3, 2]),
  b: pictures("b", [6]),
}, (inputs) => depthwiseConv2d(inputs, { strides: [2, 3], padding: [[3, 0], [1, 2]] }));

check("a locally connected layer with unequal strides and explicit padding", {
  x: pictures("x", [2, 7, 5, 3]),
  w: pictures("w", [4, 2, 4, 3, 3, 5]),
  b: pictures("b", [4, 2, 5]),
}, (inputs) => locallyConnected2d(inputs, { strides: [2, 3], padding: [[3, 0], [1, 2]] }));

check("a dense layer into ReLU", {
  x: uniform(rng.split("x"), { shape: [3, 11] }),
  w: uniform(rng.split("w"), { shape: [11, 5] }),
  b: decidedBiases(rng.split("b"), { channels: 5, reach: 11 }),
}, (inputs) => dense(inputs, { activation: "relu" }));

check(
  "max pooling",
  { x: apart("x", [2, 7, 5, 3]) },
  ({ x }) => maxPool2d(x, { window: [3, 2], strides: [2, 1], padding: "SAME" }),
);

check(
  "average pooling",
  { x: pictures("x", [2, 7, 5, 3]) },
  ({ x }) => averagePool2d(x, { window: [3, 3], strides: [2, 2], padding: "SAME" }),
);

check(
  "local response normalization",
  { x: pictures("x", [2, 2, 3, 13]) },
  ({ x }) => localResponseNormalization(x, { radius: 4, bias: 1, alpha: 0.5, beta: 0.75 }),
);

check("ReLU", { x: apart("x", [3, 17]) }, ({ x }) => relu(x));

check("softmax", { x: pictures("x", [5, 7]) }, ({ x }) => softmax(x));

check("flattening", { x: pictures("x", [2, 3, 2, 2]) }, ({ x }) => flatten(x));

const mask = [1, 0, 0, 1, 1, 0];
check("dropout", { x: pictures("x", [2, 3]) }, ({ x }) => dropout(x, { mask, rate: 0.25 }));

const classes = labels(rng.split("labels"), { N: 6, classes: 5 });
check("mean cross-entropy", { x: pictures("x", [6, 5]) }, ({ x }) => {
  const { loss, dx } = crossEntropy(x, classes);
  return scalar(loss, dx);
});

check("weight decay", { x: pictures("x", [4, 5]) }, ({ x }) => {
  const { loss, dw } = weightDecay(x, 0.004);
  return scalar(loss, dw);
});

/** A loss with its gradient, as a reference. */
function scalar(loss: number, dx: Array64): Reference<"x"> {
  return {
    y: { shape: [1], data: Float64Array.of(loss) },
    pullback: (dy) => ({ x: map(dx, (value) => value * dy.data[0]) }),
  };
}

check("leaky ReLU", { x: apart("x", [3, 7]) }, ({ x }) => leakyRelu(x, { slope: 0.3 }));
for (const [name, activation] of Object.entries({ gelu, sigmoid, tanh })) {
  check(name, { x: pictures("x", [3, 7]) }, ({ x }) => activation(x));
}
check(
  "global average pooling",
  { x: pictures("x", [2, 3, 5, 3]) },
  ({ x }) => globalAveragePool2d(x),
);

const normalizedInputs = {
  x: pictures("x", [3, 2, 3, 5]),
  gamma: pictures("gamma", [5]),
  beta: pictures("beta", [5]),
};

check(
  "layer normalization",
  normalizedInputs,
  (inputs) => layerNorm(inputs, { epsilon: 0.1 }),
);

for (const training of [true, false]) {
  const mean = pictures("mean", [5]);
  const variance = uniform(rng.split("variance"), { shape: [5], low: 0.5, high: 2 });
  const options = { epsilon: 0.1, momentum: 0.9, training };
  check(
    `batch normalization in ${training ? "training" : "inference"}`,
    normalizedInputs,
    (inputs) => {
      const { y, pullback } = batchNorm({ ...inputs, mean, variance }, options);
      // What stands in place of the gradients of running averages is no derivative.
      const derivatives = (dy: Array64) => {
        const { x, gamma, beta } = pullback(dy);
        return { x, gamma, beta };
      };
      return { y, pullback: derivatives };
    },
  );
}
