// What those who write layers and losses hold them against has to find what is wrong, and nothing else.

import { assertEquals, assertRejects } from "@std/assert";
import {
  checkLayerGradients,
  checkLossGradients,
  GradientError,
  type LayerCheckOptions,
} from "../../lib/entries/checks.ts";
import {
  batchNorm,
  conv2d,
  crossEntropy,
  dense,
  gelu,
  type Layer,
  layerNorm,
  type Layout,
  maxPool2d,
  type RecordLoss,
  residual,
  type Shape,
  sigmoid,
} from "../../lib/entries/layers.ts";
import { openDevice } from "../support/device.ts";

async function refusal(
  layer: Layer<"NC", "NC">,
  options: Partial<LayerCheckOptions<"NC">> = {},
): Promise<string> {
  using device = await openDevice();
  const check = () => checkLayerGradients(device, layer, { shape: [3, 5], ...options });
  return (await assertRejects(check, GradientError)).message;
}

Deno.test("layers whose gradients are right pass, and nothing is left on the adapter", async () => {
  using device = await openDevice();
  const rows: Shape<"NC"> = [3, 5];
  await checkLayerGradients(device, dense({ units: 4 }), { shape: rows, step: 1 });
  await checkLayerGradients(device, gelu("NC"), { shape: rows });
  await checkLayerGradients(device, layerNorm("NC"), { shape: rows, tolerance: 0.01 });
  await checkLayerGradients(device, batchNorm("NC"), { shape: [7, 3], tolerance: 0.01 });
  const resting = { shape: rows, training: false, step: 1 };
  await checkLayerGradients(device, batchNorm("NC"), resting);
  const pictures: Shape<"NHWC"> = [2, 4, 4, 3];
  const conv = conv2d({ filters: 3, kernel: 3, padding: "SAME" });
  await checkLayerGradients(device, conv, { shape: pictures, step: 1 });
  await checkLayerGradients(device, residual([conv]), { shape: pictures, step: 1 });
  assertEquals(device.liveBuffers, 0);
});

Deno.test("inputs and parameters of one's own keep clear of kinks", async () => {
  using device = await openDevice();
  const x = Float32Array.from({ length: 16 }, (_, i) => (i * 7) % 16);
  const pool = maxPool2d({ window: 2 });
  await checkLayerGradients(device, pool, { shape: [1, 4, 4, 1], x, step: 0.25 });
  const steep = dense({ units: 1, activation: "relu" });
  const parameters = { weights: [1, 1, 1, 1, 1], biases: [100] };
  await checkLayerGradients(device, steep, { shape: [3, 5], parameters, step: 1 });
});

Deno.test("a wrong gradient is named by what it is the gradient of", async () => {
  const wrong: Layer<"NC", "NC"> = {
    ...gelu("NC"),
    apply: (x, context) => {
      const { pullback } = sigmoid("NC").apply(x, context);
      return { ...gelu("NC").apply(x, context), pullback };
    },
  };
  assertEquals(/^gelu, gradient of x (at|along)/.test(await refusal(wrong)), true);
});

Deno.test("a gradient of a parameter that is not written is found", async () => {
  const layer = dense({ units: 4 });
  const forgetful: Layer<"NC", "NC"> = {
    ...layer,
    apply(x, { parameters, ...context }) {
      const biases = { ...parameters.biases, gradient: context.record.tensor([4]) };
      return layer.apply(x, { ...context, parameters: { ...parameters, biases } });
    },
  };
  assertEquals(
    /^dense, gradient of parameter biases at/.test(await refusal(forgetful, { step: 1 })),
    true,
  );
});

Deno.test("an output of another shape than the layer says, and inputs of another size, are named", async () => {
  const layer = dense({ units: 4 });
  const liar: Layer<Layout, Layout> = {
    ...layer as unknown as Layer,
    outputShape: () => [3, 5],
  };
  assertEquals(
    await refusal(liar as Layer<"NC", "NC">),
    "Cannot check dense: needs an output of 3×5, as outputShape says, got 3×4",
  );
  assertEquals(
    await refusal(layer, { x: [1, 2] }),
    "Cannot check dense: needs 15 numbers as x (3×5), got 2",
  );
  assertEquals(
    await refusal(layer, { parameters: { weight: [1] } }),
    "Cannot check dense: needs numbers for its parameters weights, biases, got some for weight",
  );
});

Deno.test("a loss passes with its gradient; a scale that is left out of it is found", async () => {
  using device = await openDevice();
  await checkLossGradients(device, crossEntropy, { shape: [4, 10] });
  await checkLossGradients(device, crossEntropy, { shape: [2, 3], labels: [2, 0] });
  const elsewhere: RecordLoss = (logits, { loss: _, ...options }) => crossEntropy(logits, options);
  await assertRejects(
    () => checkLossGradients(device, elsewhere, { shape: [4, 10] }),
    TypeError,
    "needs the mean in the tensor that it is given as options.loss",
  );
  const unscaled: RecordLoss = (logits, options) => crossEntropy(logits, { ...options, scale: 1 });
  const { message } = await assertRejects(
    () => checkLossGradients(device, unscaled, { shape: [4, 10] }),
    GradientError,
  );
  assertEquals(message.startsWith("the loss at scale 4, gradient of x"), true, message);
  assertEquals(device.liveBuffers, 0);
});
