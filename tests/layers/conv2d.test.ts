import { conv2d } from "../../lib/layers/conv2d.ts";
import type { Padding } from "../../lib/shape.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
  linear32,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { float32 } from "../support/gradient_check.ts";
import * as reference from "../support/reference.ts";
import { eachWay, preferred, type Way } from "../support/variants.ts";
import { decidedInputs, normalInputs } from "../support/weighted.ts";

interface Case {
  readonly name: string;
  readonly x: readonly [N: number, H: number, W: number, I: number];
  readonly w: readonly [KH: number, KW: number, I: number, O: number];
  readonly strides?: readonly [number, number];
  readonly padding: Padding;
  readonly activation?: "relu";
  /** By default the preferred one. */
  readonly ways?: readonly Way[];
}

function way(name: string, forward: string, backward = forward, products?: string): Way {
  const variants = {
    conv2d_forward: forward,
    conv2d_weight_gradient: backward,
    conv2d_input_gradient: forward,
    ...products && { winograd_products: products },
  };
  return { name, variants };
}

const strips = way("strips in registers", "subgroup");
const tiles = way("tiles in workgroup memory", "workgroup");
const winograd = way("Winograd's filtering", "winograd");
const winogradTiles = way(
  "Winograd's filtering, products of tiles in workgroup memory",
  "winograd",
  "winograd",
  "workgroup",
);
const winogradWeights = way(
  "Winograd's filtering for the weights' gradient alone",
  "workgroup",
  "winograd",
);

const cases: readonly Case[] = [
  { name: "a single value", x: [1, 1, 1, 1], w: [1, 1, 1, 1], padding: "VALID" },
  { name: "2×3 kernels", x: [3, 7, 5, 3], w: [2, 3, 3, 5], padding: "SAME" },
  {
    name: "17 to 33 channels through ReLU",
    x: [3, 9, 5, 17],
    w: [5, 5, 17, 33],
    padding: "SAME",
    activation: "relu",
    ways: [strips, tiles, winograd, winogradWeights],
  },
  {
    name: "kernels larger than the picture",
    x: [5, 6, 5, 7],
    w: [7, 7, 7, 5],
    padding: "SAME",
  },
  {
    name: "unequal padding and strides through ReLU",
    x: [2, 8, 6, 3],
    w: [3, 3, 3, 4],
    strides: [2, 1],
    padding: [[2, 0], [1, 3]],
    activation: "relu",
    ways: [strips, tiles],
  },
  {
    name: "strides past the window",
    x: [1, 11, 10, 3],
    w: [2, 2, 3, 5],
    strides: [3, 3],
    padding: "VALID",
    ways: [strips, tiles],
  },
  {
    name: "strides of 2 on even pictures through ReLU",
    x: [3, 8, 8, 5],
    w: [3, 3, 5, 7],
    strides: [2, 2],
    padding: "SAME",
    activation: "relu",
  },
  {
    name: "strides of 2 and 3 over vectors of channels",
    x: [5, 7, 8, 8],
    w: [3, 5, 8, 12],
    strides: [2, 3],
    padding: "SAME",
    ways: [strips, tiles],
  },
  {
    name: "strides past the window and the picture",
    x: [3, 3, 5, 4],
    w: [1, 2, 4, 8],
    strides: [4, 3],
    padding: [[0, 2], [1, 1]],
    ways: [strips, tiles],
  },
  { name: "33 to 65 channels", x: [1, 4, 5, 33], w: [1, 2, 33, 65], padding: "SAME" },
  { name: "65 to 3 channels", x: [1, 4, 5, 65], w: [1, 1, 65, 3], padding: "VALID" },
  { name: "long rows", x: [1, 3, 29, 2], w: [3, 3, 2, 8], padding: "VALID" },
  {
    name: "padding wider than the kernel",
    x: [2, 4, 5, 2],
    w: [3, 3, 2, 3],
    padding: [[4, 3], [5, 0]],
    ways: [strips, tiles, winogradTiles],
  },
];

for (const { name, x, w, strides, padding, activation, ways = [preferred] } of cases) {
  const layer = conv2d({
    kernel: [w[0], w[1]],
    filters: w[3],
    stride: strides,
    padding,
    activation,
  });

  Deno.test(`convolution with ${name} is the reference's, gradients are derivatives`, async (t) => {
    using device = await openDevice();
    const inputs = normalInputs({ x, w });
    const value = reference.conv2d(inputs, { strides, padding, activation });
    const sums = activation && reference.conv2d(inputs, { strides, padding }).y;
    const expected = expectedOf(inputs, value, sums);
    const terms = termsOf(w, value.y.shape);
    const smooth = activation ? decidedInputs({ x, w }) : inputs;
    const precision = activation ? float32 : linear32;
    await eachWay(t, { device, ways }, async (way) => {
      await checkLayer(device, layer, expected, { terms, ...way });
      await checkDerivatives(device, layer, smooth, { precision, ...way });
    });
  });
}

conformanceTest("convolution and its gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("conv2d")) {
    const { strides: stride, padding } = stored.attrs;
    const [KH, KW, , O] = stored.inputs.w.shape;
    const layer = conv2d({
      name: stored.name,
      kernel: [KH, KW],
      filters: O,
      stride,
      padding,
    });
    const terms = termsOf(stored.inputs.w.shape, stored.output.shape);
    await checkLayer(device, layer, stored, { terms });
  }
});

/** The products behind an element of each result. */
function termsOf([KH, KW, I, O]: readonly number[], [N, OH, OW]: readonly number[]) {
  const pixels = N * OH * OW;
  return { y: KH * KW * I + 1, x: KH * KW * O, w: pixels, b: pixels };
}
