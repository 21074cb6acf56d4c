import { assertEquals } from "@std/assert";
import { Recorder, type Variants } from "../../lib/gpu/recorder.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
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
import { float32 } from "../../lib/checks/gradients.ts";
import { map } from "../support/reference.ts";
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
  {
    name: "tiles that cover the picture and nothing beyond",
    x: [64, 4, 4, 16],
    w: [5, 5, 16, 20],
    padding: "SAME",
    ways: [winograd, winogradTiles],
  },
  {
    name: "many tiles, and channels that are no vectors, through ReLU",
    x: [32, 4, 7, 3],
    w: [5, 5, 3, 5],
    padding: "SAME",
    activation: "relu",
    ways: [winograd, winogradTiles],
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
      await checkLayer(device, layer, expected, { terms, ...way, needsInput: false });
      await checkDerivatives(device, layer, smooth, { precision, ...way });
    });
  });
}

for (
  const [name, layer, op, x, w] of [
    [
      "convolution",
      conv2d({ filters: 5, kernel: 3, bias: false }),
      reference.conv2d,
      [2, 5, 6, 3],
      [
        3,
        3,
        3,
        5,
      ],
    ],
    [
      "convolution through ReLU",
      conv2d({ filters: 8, kernel: 3, bias: false, activation: "relu" }),
      reference.conv2d,
      [2, 9, 6, 3],
      [3, 3, 3, 8],
    ],
    [
      "convolution of many channels through ReLU",
      conv2d({ filters: 17, kernel: 3, bias: false, activation: "relu" }),
      reference.conv2d,
      [2, 9, 6, 18],
      [3, 3, 18, 17],
    ],
    [
      "depthwise convolution",
      depthwiseConv2d({ kernel: 3, bias: false, activation: "relu" }),
      reference.depthwiseConv2d,
      [2, 7, 6, 4],
      [3, 3, 4, 1],
    ],
    [
      "locally connected convolution",
      locallyConnected2d({ filters: 4, kernel: 2, bias: false, activation: "relu" }),
      reference.locallyConnected2d,
      [3, 3, 4, 4],
      [2, 3, 2, 2, 4, 4],
    ],
  ] as const
) {
  Deno.test(`${name} without biases has none, and all else is the reference's`, async (t) => {
    const activation = layer.attributes!(x).activation === "relu" ? "relu" : undefined;
    const b = w.length === 6 ? [w[0], w[1], w[5]] : undefined;
    const given = normalInputs({ x, w, b });
    const inputs = { ...given, b: map(given.b, () => 0) };
    const value = op(inputs, { padding: "VALID", activation });
    const sums = op(inputs, { padding: "VALID" }).y;
    const { inputs: { x: dx, w: dw }, grads, ...expected } = expectedOf(inputs, value, sums);
    const without = { ...expected, inputs: { x: dx, w: dw }, grads: { x: grads.x, w: grads.w } };
    assertEquals(Object.keys(layer.parameters(x)), ["weights"]);
    using device = await openDevice();
    const terms = { y: 200, x: 200, w: 200 };
    for (const needsInput of [true, false]) {
      await t.step(
        needsInput ? "with the input's gradient" : "without it",
        () => checkLayer(device, layer, without, { terms, needsInput }),
      );
    }
  });
}

/** What a convolution of `C` to `C` channels takes where a tensor may have so many bytes. */
function variantsOf(
  [N, H, C]: readonly [N: number, H: number, C: number],
  { padding = "SAME", bytes }: { padding?: "SAME" | "VALID"; bytes: number },
): Variants {
  const record = new Recorder({
    summary: { name: "small", kind: "software", vendor: "" },
    kind: "software",
    subgroups: true,
    f16: false,
    maxTensorBytes: bytes,
  });
  const layer = conv2d({ filters: C, kernel: 3, padding });
  const tensor = (shape: readonly number[]) => record.keep(shape, "tensor");
  const parameters = Object.fromEntries(
    Object.entries(layer.parameters([N, H, H, C])).map(([name, { shape }]) => [
      name,
      { value: tensor(shape), gradient: tensor(shape) },
    ]),
  );
  const context = { record, parameters, training: true, step: tensor([8]) };
  const { y, pullback } = layer.apply(record.keep([N, H, H, C], "x"), context);
  pullback(record.keep(y.shape, "dy"), { needsInput: true });
  return record.recording().variants;
}

Deno.test("a way whose tiles would not fit the adapter's bindings is not taken", () => {
  // 16 tiles of 64 cells a picture, times 128 pictures and 32 channels: 16 MiB.
  const chosen = (bytes: number) => variantsOf([128, 24, 32], { bytes }).conv2d_forward;
  assertEquals(chosen(2 ** 24), "winograd");
  assertEquals(chosen(2 ** 24 - 1), "subgroup");
});

Deno.test("nor one whose taps, or whose tiles of the input's gradient, would not fit", () => {
  // 64 cells of 512 × 512 taps are 64 MiB, the tiles 8 MiB.
  assertEquals(variantsOf([16, 8, 512], { bytes: 2 ** 26 }).conv2d_forward, "winograd");
  assertEquals(variantsOf([16, 8, 512], { bytes: 2 ** 26 - 1 }).conv2d_forward, "subgroup");
  // 30×30 pixels are 25 tiles of 6×6, the 32×32 of the input 36: 18 MiB.
  const { conv2d_forward, conv2d_input_gradient } = variantsOf([64, 32, 32], {
    padding: "VALID",
    bytes: 16 * 2 ** 20,
  });
  assertEquals([conv2d_forward, conv2d_input_gradient], ["winograd", "subgroup"]);
});

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
