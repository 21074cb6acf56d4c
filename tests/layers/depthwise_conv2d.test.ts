import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import type { Padding, Shape } from "../../lib/shape.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
  linear32,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { float32 } from "../../lib/checks/gradients.ts";
import * as reference from "../support/reference.ts";
import { decidedInputs, normalInputs } from "../support/weighted.ts";

interface Case {
  readonly name: string;
  readonly x: Shape<"NHWC">;
  readonly kernel: readonly [number, number];
  readonly multiplier?: number;
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
  readonly activation?: "relu";
}

/** Four channels at a time go together where each has one output; otherwise one. */
const cases: readonly Case[] = [
  { name: "a single value", x: [1, 1, 1, 1], kernel: [1, 1], padding: "VALID" },
  { name: "2×3 kernels", x: [3, 7, 5, 3], kernel: [2, 3], padding: "SAME" },
  {
    name: "vectors of channels through ReLU",
    x: [3, 9, 7, 12],
    kernel: [3, 3],
    padding: "SAME",
    activation: "relu",
  },
  {
    name: "three filters a channel through ReLU",
    x: [2, 6, 5, 4],
    kernel: [3, 3],
    multiplier: 3,
    padding: "SAME",
    activation: "relu",
  },
  {
    name: "unequal padding and strides through ReLU",
    x: [2, 8, 6, 4],
    kernel: [3, 3],
    strides: [2, 1],
    padding: [[2, 0], [1, 3]],
    activation: "relu",
  },
  {
    name: "strides of 2 in rows of four channels",
    x: [3, 8, 9, 4],
    kernel: [3, 5],
    strides: [1, 2],
    padding: "SAME",
  },
  {
    name: "strides past the window",
    x: [1, 11, 16, 3],
    kernel: [2, 2],
    multiplier: 2,
    strides: [3, 5],
    padding: "VALID",
  },
  {
    name: "kernels larger than the picture",
    x: [5, 6, 5, 7],
    kernel: [7, 7],
    padding: "SAME",
  },
  {
    name: "padding wider than the kernel",
    x: [2, 4, 5, 2],
    kernel: [3, 3],
    padding: [[4, 3], [5, 0]],
  },
  { name: "long rows of many pictures", x: [130, 2, 29, 1], kernel: [2, 3], padding: "VALID" },
];

for (const { name, x, kernel, multiplier, strides, padding, activation } of cases) {
  const layer = depthwiseConv2d({ kernel, multiplier, stride: strides, padding, activation });
  const { weights: { shape: w }, biases: { shape: b } } = layer.parameters(x);
  const shapes = { x, w, b, terms: kernel[0] * kernel[1] };

  Deno.test(`depthwise convolution with ${name} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const inputs = normalInputs(shapes);
    const value = reference.depthwiseConv2d(inputs, { strides, padding, activation });
    const sums = activation && reference.depthwiseConv2d(inputs, { strides, padding }).y;
    const terms = termsOf(w, value.y.shape);
    await checkLayer(device, layer, expectedOf(inputs, value, sums), { terms });
    const smooth = activation ? decidedInputs(shapes) : inputs;
    await checkDerivatives(device, layer, smooth, { precision: activation ? float32 : linear32 });
  });
}

conformanceTest("depthwise convolution and its gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("depthwise_conv2d")) {
    const { strides: stride, padding } = stored.attrs;
    const [KH, KW, , multiplier] = stored.inputs.w.shape;
    const kernel = [KH, KW] as const;
    const layer = depthwiseConv2d({ name: stored.name, kernel, multiplier, stride, padding });
    const terms = termsOf(stored.inputs.w.shape, stored.output.shape);
    await checkLayer(device, layer, stored, { terms });
  }
});

/** The products behind an element of each result. */
function termsOf([KH, KW, , M]: readonly number[], [N, OH, OW]: readonly number[]) {
  const pixels = N * OH * OW;
  return { y: KH * KW + 1, x: KH * KW * M, w: pixels, b: pixels };
}
