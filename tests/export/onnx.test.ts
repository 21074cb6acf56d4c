// ONNX files, run by ONNX Runtime, next to what the same networks give here.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { encodeOnnx, ExportError, type OnnxOptions } from "../../lib/export/onnx.ts";
import { Inference } from "../../lib/inference.ts";
import { gelu, leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
import { relu } from "../../lib/layers/relu.ts";
import { residual } from "../../lib/layers/residual.ts";
import { type Model, sequential } from "../../lib/layers/sequential.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import { cudaConvnet } from "../../lib/models/cuda_convnet.ts";
import { resnet } from "../../lib/models/resnet.ts";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { Rng } from "../../lib/rng.ts";
import { sizeOf } from "../../lib/shape.ts";
import { openDevice } from "../support/device.ts";
import { centralCrop, fromPlanes, standardize } from "../support/reference/picture.ts";

const runner = fromFileUrl(new URL("../support/run_onnx.ts", import.meta.url));

/** What ONNX Runtime makes of a file and an input: logits, then probabilities. */
async function runOnnx(
  file: Uint8Array,
  { name, type, sizes, data }: { name: string; type: string; sizes: number[]; data: Uint8Array },
): Promise<Float32Array> {
  const dir = await Deno.makeTempDir();
  try {
    const [model, input, output] = ["m.onnx", "x", "y"].map((name) => join(dir, name));
    await Deno.writeFile(model, file);
    await Deno.writeFile(input, data);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "-q", runner, model, input, output, name, type, sizes.join()],
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new Float32Array((await Deno.readFile(output)).buffer);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function parametersOf(model: Model, seed: number): Float32Array {
  const rng = Rng.from(seed);
  const values = model.parameters.initialize(rng);
  // Biases too, so that one that is forgotten shows.
  return values.map((value) => value + 0.01 * rng.truncatedNormal());
}

/** How far logits may be from ours at most, and probabilities from their softmax. */
function assertSame(
  got: Float32Array,
  logits: Float32Array,
  { classes, within }: { classes: number; within: number },
): void {
  assertEquals(got.length, logits.length * 2);
  let worst = 0, worstProbability = 0;
  for (let n = 0; n < logits.length; n += classes) {
    const row = logits.subarray(n, n + classes);
    const most = Math.max(...row);
    const sum = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    row.forEach((x, c) => {
      worst = Math.max(worst, Math.abs(got[n + c] - x));
      const share = Math.exp(x - most) / sum;
      worstProbability = Math.max(worstProbability, Math.abs(got[logits.length + n + c] - share));
    });
  }
  const size = Math.max(...logits.map(Math.abs));
  assertEquals(worst <= within * Math.max(1, size), true, `${worst} apart of ${size}`);
  assertEquals(worstProbability <= 1e-4, true, `probabilities ${worstProbability} apart`);
}

async function compare(
  options: OnnxOptions,
  { examples, batchSize }: { examples: number; batchSize: number },
): Promise<void> {
  const { model, parameters } = options;
  const rng = Rng.from(5);
  const x = Float32Array.from(
    { length: examples * sizeOf(model.input) },
    () => rng.truncatedNormal(),
  );
  using device = await openDevice();
  using inference = await Inference.create(device, { model, parameters, batchSize });
  const logits = await inference.run(x);
  const got = await runOnnx(encodeOnnx(options), inputOf(model, x));
  assertSame(got, logits, { classes: model.outputShape(1)[1], within: 1e-4 });
}

function inputOf({ input }: Model, x: Float32Array<ArrayBuffer>) {
  const sizes = [x.length / sizeOf(input), ...input];
  return { name: "x", type: "float32", sizes, data: new Uint8Array(x.buffer) };
}

Deno.test("the tutorial's network gives the same logits for 1,000 pictures, as stored", async () => {
  const model = tutorialNetwork();
  const parameters = parametersOf(model, 1);
  const rng = Rng.from(2);
  const [N, H, W, C] = [1000, 32, 32, 3];
  const planes = Uint8Array.from({ length: N * H * W * C }, () => rng.below(256));
  const bytes = new Uint8Array(planes.length), x = new Float32Array(N * 24 * 24 * C);
  for (let n = 0; n < N; n++) {
    const picture = fromPlanes(planes.subarray(n * H * W * C, (n + 1) * H * W * C), [H, W, C]);
    bytes.set([...picture.data], n * H * W * C);
    x.set([...standardize(centralCrop(picture, [24, 24])).data], n * 24 * 24 * C);
  }
  using device = await openDevice();
  using inference = await Inference.create(device, { model, parameters, batchSize: 125 });
  const logits = await inference.run(x);
  const file = encodeOnnx({ model, parameters, pictures: { height: H, width: W } });
  const got = await runOnnx(file, {
    name: "pictures",
    type: "uint8",
    sizes: [N, H, W, C],
    data: bytes,
  });
  assertSame(got, logits, { classes: 10, within: 1e-4 });
});

Deno.test("so does cuda-convnet's, with its locally connected layers", async () => {
  const model = cudaConvnet();
  await compare({ model, parameters: parametersOf(model, 3) }, { examples: 24, batchSize: 12 });
});

Deno.test("and every kind of layer, at odd sizes, strides and paddings", async () => {
  const model = sequential([13, 9, 2], [
    conv2d({ name: "conv", filters: 6, kernel: [3, 4], stride: [2, 1], padding: "SAME" }),
    depthwiseConv2d({ kernel: 3, multiplier: 2, padding: [[1, 0], [2, 1]], activation: "relu" }),
    averagePool2d({ name: "mean", window: 3, stride: 2, padding: "SAME" }),
    localResponseNormalization({ radius: 2, alpha: 0.3, beta: 0.6, bias: 1.5 }),
    locallyConnected2d({ filters: 5, kernel: 2, padding: "SAME", activation: "relu" }),
    maxPool2d({ name: "most", window: 2, stride: 1, padding: "SAME" }),
    relu("NHWC"),
    dropout("NHWC", { rate: 0.5 }),
    flatten(),
    dense({ name: "hidden", units: 11, activation: "relu" }),
    softmax(),
    dense({ name: "out", units: 3 }),
  ]);
  await compare({ model, parameters: parametersOf(model, 4) }, { examples: 7, batchSize: 7 });
});

Deno.test("and normalizations, activations and residuals in residuals", async () => {
  const model = sequential([7, 9, 3], [
    layerNorm("NHWC", { name: "norm1", epsilon: 0.01 }),
    residual([
      conv2d({ name: "conv1", filters: 6, kernel: 3, stride: 2, padding: "SAME" }),
      batchNorm("NHWC", { name: "norm", epsilon: 0.02 }),
      gelu("NHWC"),
      residual([conv2d({ name: "conv1", filters: 6, kernel: 3, padding: "SAME" })], {
        name: "inner",
      }),
    ], {
      name: "block",
      shortcut: [conv2d({ name: "projection", filters: 6, kernel: 1, stride: 2 })],
    }),
    leakyRelu("NHWC", { slope: 0.3 }),
    globalAveragePool2d(),
    dense({ name: "hidden", units: 11 }),
    batchNorm("NC", { name: "norm2" }),
    tanh("NC"),
    residual([dense({ name: "dense", units: 11 }), sigmoid("NC")], { name: "around" }),
    layerNorm("NC", { name: "norm3" }),
    dense({ name: "out", units: 3 }),
  ]);
  const parameters = parametersOf(model, 6);
  const rng = Rng.from(7);
  for (const { name } of model.parameters.entries) {
    if (!name.includes("running_")) continue;
    const view = model.parameters.view(parameters, name);
    view.forEach((value, c) => view[c] = value + 0.3 * rng.truncatedNormal());
  }
  await compare({ model, parameters }, { examples: 7, batchSize: 7 });
});

Deno.test("and a residual network", async () => {
  const model = resnet({ depth: 8 });
  await compare({ model, parameters: parametersOf(model, 8) }, { examples: 8, batchSize: 8 });
});

Deno.test("a model that ends in softmax gives its logits and takes the softmax once", async () => {
  const out = dense({ name: "out", units: 3 });
  const [model, probable] = [sequential([4], [out]), sequential([4], [out, softmax()])];
  const parameters = parametersOf(model, 9).map((value) => 10 * value);
  const x = Float32Array.of(5, -3, 2, 1);
  const [logits, twice] = await Promise.all([model, probable].map(async (model) => {
    using device = await openDevice();
    using inference = await Inference.create(device, { model, parameters });
    const got = await runOnnx(encodeOnnx({ model, parameters }), inputOf(model, x));
    return { got, y: await inference.run(x) };
  }));
  assertEquals(twice.got, logits.got);
  assertSame(twice.got, logits.y, { classes: 3, within: 1e-4 });
  twice.y.forEach((share, c) => assertAlmostEquals(share, twice.got[3 + c], 1e-6));
});

Deno.test("what has no form there is named", () => {
  const odd = { ...relu("NC"), name: "mine", kind: "my_layer" };
  const model = sequential([3], [odd]);
  assertThrows(
    () => encodeOnnx({ model, parameters: new Float32Array() }),
    ExportError,
    "Cannot write mine as ONNX: needs a layer of the kinds",
  );
  assertThrows(
    () => encodeOnnx({ model, parameters: new Float32Array() }),
    ExportError,
    "got my_layer; say how it is written by the option layers: { my_layer: ({ graph, x }) => … }",
  );
});

Deno.test("layers of one's own are written as is said, within others too, and given what they need", async () => {
  const mine = { ...dense({ name: "mine", units: 4 }), kind: "my_dense" };
  const other = { ...tanh("NC", { name: "other" }), kind: "my_tanh" };
  const model = sequential([4], [residual([mine, other]), dense({ name: "out", units: 3 })]);
  const layers: OnnxOptions["layers"] = {
    my_dense({ graph, layer, x, shape, parameters: { weights, biases } }) {
      assertEquals(shape, [1, 4]);
      const w = graph.constant(`${layer.name}/w`, [4, 4], weights);
      const product = graph.node("MatMul", [x, w], { name: `${layer.name}/product` });
      const b = graph.constant(`${layer.name}/b`, [4], biases);
      return graph.node("Add", [product, b], { name: layer.name });
    },
    my_tanh: ({ graph, layer, x }) => graph.node("Tanh", [x], { name: layer.name }),
  };
  const parameters = parametersOf(model, 10);
  await compare({ model, parameters, layers }, { examples: 5, batchSize: 5 });
});
