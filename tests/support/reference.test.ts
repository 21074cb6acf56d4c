/** The references against PyTorch's numbers; `reference_gradients.test.ts` has central differences. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { assertClose, storedDigits } from "./assert_close.ts";
import { conformanceAvailable, conformanceCases, type LayerCase } from "./conformance.ts";
import {
  array64,
  averageDecay,
  averagePool2d,
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  depthwiseConv2d,
  dropout,
  gelu,
  globalAveragePool2d,
  gradientDescent,
  layerNorm,
  leakyRelu,
  locallyConnected2d,
  localResponseNormalization,
  maxPool2d,
  movingAverage,
  type Reference,
  relu,
  sigmoid,
  softmax,
  tanh,
  tutorialNetwork,
  zeros,
} from "./reference.ts";
import stored from "./tutorial_case.json" with { type: "json" };
import { assertDigest, tutorialCase } from "./tutorial_case.ts";

const strictness = storedDigits;

function conformanceTest(name: string, fn: () => void): void {
  const suffix = conformanceAvailable ? "" : " (skipped: no ../shared/conformance/torch.json)";
  Deno.test({ name: name + suffix, ignore: !conformanceAvailable, fn });
}

/** Holds value and gradients against a case; `terms` are the products summed for an element of each. */
function agree<Input extends string>(
  { y, pullback }: Reference<Input>,
  { name, output, dy, grads }: LayerCase<Input, unknown>,
  terms: { readonly y: number } & Readonly<Record<Input, number>>,
  scale?: number,
): void {
  assertEquals(y.shape, output.shape, name);
  assertClose(y.data, output.data, { name, terms: terms.y, scale, strictness });
  const gradients = pullback({ shape: y.shape, data: dy.data });
  for (const input of Object.keys(grads) as Input[]) {
    const options = { name: `${name}, gradient of ${input}`, terms: terms[input], scale };
    assertEquals(gradients[input].shape, grads[input].shape, options.name);
    assertClose(gradients[input].data, grads[input].data, { ...options, strictness });
  }
}

conformanceTest("convolution and its gradients are PyTorch's", () => {
  for (const test of conformanceCases("conv2d")) {
    const [KH, KW, I, O] = test.inputs.w.shape;
    const places = test.output.data.length / O;
    const terms = { y: KH * KW * I, x: KH * KW * O, w: places, b: places };
    agree(conv2d(test.inputs, test.attrs), test, terms);
  }
});

conformanceTest("depthwise convolution and its gradients are PyTorch's", () => {
  for (const test of conformanceCases("depthwise_conv2d")) {
    const [KH, KW, , M] = test.inputs.w.shape;
    const [N, OH, OW] = test.output.shape;
    const pixels = N * OH * OW;
    const terms = { y: KH * KW, x: KH * KW * M, w: pixels, b: pixels };
    agree(depthwiseConv2d(test.inputs, test.attrs), test, terms);
  }
});

conformanceTest("locally connected layers and their gradients are PyTorch's", () => {
  for (const test of conformanceCases("locally_connected2d")) {
    const [, , KH, KW, I, O] = test.inputs.w.shape;
    const [N] = test.output.shape;
    const terms = { y: KH * KW * I, x: KH * KW * O, w: N, b: N };
    agree(locallyConnected2d(test.inputs, test.attrs), test, terms);
  }
});

conformanceTest("dense layers and their gradients are PyTorch's", () => {
  for (const test of conformanceCases("dense")) {
    const [I, O] = test.inputs.w.shape;
    const N = test.output.shape[0];
    agree(dense(test.inputs), test, { y: I, x: O, w: N, b: N });
  }
});

conformanceTest("max pooling and its gradient are PyTorch's", () => {
  for (const test of conformanceCases("max_pool2d")) {
    agree(maxPool2d(test.inputs.x, test.attrs), test, { y: 1, x: 9 });
  }
});

Deno.test("the gradient of max pooling goes to the first maximum, row by row", () => {
  const x = array64([1, 2, 3, 1], [
    ...[1, 7, 7],
    ...[7, 7, 2],
  ]);
  const options = { window: [2, 2], strides: [1, 1], padding: "SAME" } as const;
  const { y, pullback } = maxPool2d(x, options);
  assertEquals([...y.data], [7, 7, 7, 7, 7, 2]);
  const { x: dx } = pullback(array64(y.shape, [1, 2, 4, 8, 16, 32]));
  assertEquals([...dx.data], [0, 3, 4, 8, 16, 32]);
});

conformanceTest("average pooling counts the cells inside the picture, as PyTorch does", () => {
  for (const test of conformanceCases("average_pool2d")) {
    agree(averagePool2d(test.inputs.x, test.attrs), test, { y: 9, x: 9 });
  }
});

conformanceTest("global average pooling and its gradient are PyTorch's", () => {
  for (const test of conformanceCases("global_average_pool2d")) {
    const [, H, W] = test.inputs.x.shape;
    agree(globalAveragePool2d(test.inputs.x), test, { y: H * W, x: 1 });
  }
});

conformanceTest("smooth and leaky activations and their gradients are PyTorch's", () => {
  const terms = { y: 1, x: 1 };
  for (const test of conformanceCases("leaky_relu")) {
    agree(leakyRelu(test.inputs.x, { slope: test.attrs.alpha }), test, terms);
  }
  for (const [op, activation] of Object.entries({ gelu, sigmoid, tanh })) {
    for (const test of conformanceCases(op as "gelu")) {
      agree(activation(test.inputs.x), test, terms);
    }
  }
});

conformanceTest("layer normalization and its gradients are PyTorch's", () => {
  for (const test of conformanceCases("layer_norm")) {
    const C = test.inputs.gamma.data.length;
    const rows = test.output.data.length / C;
    const terms = { y: C, x: C, gamma: rows, beta: rows };
    agree(layerNorm(test.inputs, test.attrs), test, terms);
  }
});

conformanceTest("batch normalization and its gradients are PyTorch's", () => {
  for (const test of conformanceCases("batch_norm")) {
    const { epsilon, training = false } = test.attrs;
    const C = test.inputs.gamma.data.length;
    const rows = test.output.data.length / C;
    const constants = { mean: zeros([C]), variance: zeros([C]) };
    const terms = { y: rows, x: rows, gamma: rows, beta: rows, mean: 1, variance: 1 };
    const inputs = { ...constants, ...test.inputs };
    agree(batchNorm(inputs, { epsilon, momentum: 0.9, training }), test, terms);
  }
});

conformanceTest("local response normalization and its gradient are PyTorch's", () => {
  for (const test of conformanceCases("local_response_normalization")) {
    const { depth_radius: radius, ...rest } = test.attrs;
    const terms = 2 * radius + 1;
    const options = { radius, ...rest };
    agree(localResponseNormalization(test.inputs.x, options), test, { y: terms, x: terms });
  }
});

conformanceTest("ReLU and its gradient are PyTorch's", () => {
  for (const test of conformanceCases("relu")) agree(relu(test.inputs.x), test, { y: 1, x: 1 });
});

conformanceTest("softmax and its gradient are PyTorch's", () => {
  for (const test of conformanceCases("softmax")) {
    const C = test.output.shape[1];
    agree(softmax(test.inputs.x), test, { y: C, x: C }, 1);
  }
});

conformanceTest("cross-entropy, each and mean, and the gradient of the mean are PyTorch's", () => {
  const unsmoothed = conformanceCases("softmax_cross_entropy")
    .filter(({ attrs }) => attrs.label_smoothing === 0);
  for (const { name, inputs, labels, per_example, loss, grads } of unsmoothed) {
    const got = crossEntropy(inputs.logits, labels);
    const options = { terms: inputs.logits.shape[1], strictness };
    assertClose(got.losses.data, per_example.data, { name: `${name}, each`, ...options });
    assertClose([got.loss], [loss], { name: `${name}, mean`, ...options });
    assertClose(got.dx.data, grads.logits.data, { name: `${name}, gradient`, ...options });
  }
});

conformanceTest("gradient descent is PyTorch's", () => {
  const [test] = conformanceCases("optimizer").filter(({ attrs }) => attrs.kind === "sgd");
  const shape = [test.initial.length];
  let p = array64(shape, test.initial);
  test.gradients.forEach((gradient, step) => {
    p = gradientDescent(p, {
      gradient: array64(shape, gradient),
      learningRate: test.attrs.lr,
    });
    assertClose(p.data, test.parameters_after[step], {
      name: `${test.name}, step ${step}`,
      terms: step + 1,
      strictness,
    });
  });
});

Deno.test("dropout scales what it keeps so that the mean stays", () => {
  const { y } = dropout(array64([1, 4], [1, 2, 3, 4]), { mask: [1, 0, 1, 1], rate: 0.25 });
  assertClose(y.data, [4 / 3, 0, 4, 16 / 3], { name: "y", strictness });
});

Deno.test("averages move towards the value, quickly at first", () => {
  const average = array64([2], [1, 5]);
  const moved = movingAverage(average, { value: array64([2], [3, 5]), decay: 0.75 });
  assertEquals([...moved.data], [1.5, 5]);
  assertEquals([averageDecay(0), averageDecay(8), averageDecay(1e9)], [0.1, 0.5, 0.9999]);
  assertAlmostEquals(averageDecay(80), 0.9);
});

conformanceTest("the tutorial's case that is kept here is the one of torch.json", () => {
  const [{ logits, ...rest }] = conformanceCases("tutorial_network");
  const there = { ...rest, logits: { ...logits, data: [...logits.data] } };
  const { source: _, ...here } = { op: "tutorial_network", ...stored };
  assertEquals<unknown>(here, there);
});

Deno.test("loss, logits and every gradient of the tutorial's network are PyTorch's", () => {
  const expected = tutorialCase();
  const { x, labels } = expected;
  const parameters = Object.entries(expected.parameters);
  const got = tutorialNetwork(
    { x: array64(x.shape, x.data), labels },
    Object.fromEntries(parameters.map(([name, p]) => [name, array64(p.shape, p.data)])),
  );
  assertClose([got.loss], [expected.loss], { name: "loss", strictness });
  assertClose([got.crossEntropy], [expected.crossEntropy], { name: "cross-entropy", strictness });
  assertClose(got.logits.data, expected.logits, { name: "logits", strictness });
  // The stored sums are up to 2e-8 of the norm from this reference; PyTorch 1.13 run anew agrees with
  // the reference to 1e-13.
  const digest = { terms: 1, strictness: 10 * strictness };
  assertEquals(Object.keys(got.gradients), Object.keys(expected.gradients));
  for (const [name, gradient] of Object.entries(expected.gradients)) {
    assertDigest(got.gradients[name].data, gradient, { name, ...digest });
  }
});
