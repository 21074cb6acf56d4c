import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
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
import { eachWay, preferred, type Way } from "../support/variants.ts";
import { decidedInputs, normalInputs } from "../support/weighted.ts";

interface Case {
  readonly name: string;
  readonly x: Shape<"NHWC">;
  readonly kernel: readonly [number, number];
  readonly filters: number;
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
  readonly activation?: "relu";
  /** By default the preferred one. */
  readonly ways?: readonly Way[];
}

const products: readonly Way[] = ["subgroup", "workgroup"].map((name) => ({
  name: `${name} products`,
  variants: { locally_connected2d: name },
}));

const cases: readonly Case[] = [
  { name: "a single value", x: [1, 1, 1, 1], kernel: [1, 1], filters: 1, padding: "VALID" },
  { name: "2×3 kernels", x: [3, 7, 5, 3], kernel: [2, 3], filters: 5, padding: "SAME" },
  {
    name: "17 to 33 channels of 33 pictures through ReLU",
    x: [33, 3, 2, 17],
    kernel: [3, 3],
    filters: 33,
    padding: "SAME",
    activation: "relu",
    ways: products,
  },
  {
    name: "vectors of channels through ReLU",
    x: [8, 4, 5, 4],
    kernel: [3, 3],
    filters: 12,
    padding: "VALID",
    activation: "relu",
    ways: products,
  },
  {
    name: "vectors of channels, strides and a number of pictures that no tile divides",
    x: [33, 5, 6, 8],
    kernel: [3, 2],
    filters: 40,
    strides: [2, 1],
    padding: "SAME",
  },
  {
    name: "enough work for large tiles through ReLU",
    x: [41, 5, 5, 64],
    kernel: [3, 3],
    filters: 64,
    padding: "SAME",
    activation: "relu",
  },
  {
    name: "unequal padding and strides through ReLU",
    x: [2, 8, 6, 3],
    kernel: [3, 3],
    filters: 4,
    strides: [2, 1],
    padding: [[2, 0], [1, 3]],
    activation: "relu",
    ways: products,
  },
  {
    name: "strides past the window",
    x: [2, 11, 10, 3],
    kernel: [2, 2],
    filters: 5,
    strides: [3, 3],
    padding: "VALID",
  },
  {
    name: "kernels larger than the picture",
    x: [5, 3, 2, 7],
    kernel: [5, 5],
    filters: 3,
    padding: "SAME",
  },
];

for (const { name, x, kernel, filters, strides, padding, activation, ...rest } of cases) {
  const layer = locallyConnected2d({ kernel, filters, stride: strides, padding, activation });
  const { weights: { shape: w }, biases: { shape: b } } = layer.parameters(x);
  const shapes = { x, w, b, terms: kernel[0] * kernel[1] * x[3] };

  Deno.test(`a locally connected layer with ${name} is the reference's, gradients are derivatives`, async (t) => {
    using device = await openDevice();
    const inputs = normalInputs(shapes);
    const value = reference.locallyConnected2d(inputs, { strides, padding, activation });
    const sums = activation && reference.locallyConnected2d(inputs, { strides, padding }).y;
    const expected = expectedOf(inputs, value, sums);
    const terms = termsOf(w, x[0]);
    const smooth = activation ? decidedInputs(shapes) : inputs;
    const precision = activation ? float32 : linear32;
    await eachWay(t, { device, ways: rest.ways ?? [preferred] }, async (way) => {
      await checkLayer(device, layer, expected, { terms, ...way });
      await checkDerivatives(device, layer, smooth, { precision, ...way });
    });
  });
}

conformanceTest("locally connected layers and their gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("locally_connected2d")) {
    const { strides: stride, padding } = stored.attrs;
    const [, , KH, KW, , filters] = stored.inputs.w.shape;
    const layer = locallyConnected2d({
      name: stored.name,
      kernel: [KH, KW],
      filters,
      stride,
      padding,
    });
    const terms = termsOf(stored.inputs.w.shape, stored.output.shape[0]);
    await checkLayer(device, layer, stored, { terms });
  }
});

/** The products behind an element of each result; a place's filter sees each picture once. */
function termsOf([, , KH, KW, I, O]: readonly number[], N: number) {
  return { y: KH * KW * I + 1, x: KH * KW * O, w: N, b: N };
}
