// Every layer with activations stored as f16, against the float64 reference on the same numbers. Output and
// input's gradient may be off by the roundoff of storing them, the parameters' gradients by nothing more
// than in f32: products and sums are.

import { assertEquals } from "@std/assert";
import { stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { gelu, leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { lossScale, unscaleGradients } from "../../lib/losses/loss_scale.ts";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { relu } from "../../lib/layers/relu.ts";
import { residual } from "../../lib/layers/residual.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import { constantInitializer, ParameterTable } from "../../lib/parameters.ts";
import { Rng } from "../../lib/rng.ts";
import type { Layout, Shape } from "../../lib/shape.ts";
import { assertClose, f16Roundoff } from "../support/assert_close.ts";
import { checkLayer, type Expected, expectedOf, type Input } from "../support/check_layer.ts";
import { f16Test, openDevice } from "../support/device.ts";
import { labels, normal } from "../support/random.ts";
import { type Array64, array64, map, type Reference } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";
import { readerOf, stepOf, write } from "../../lib/checks/tensors.ts";
import { eachWay, type Way } from "../support/variants.ts";
import { normalInputs } from "../support/weighted.ts";

const activations = "f16";

/** Rounded to what an activation can be. */
function half(x: Array64): Array64 {
  return map(x, (value) => Math.f16round(value));
}

/** As `expectedOf`, on a gradient that can be stored. */
function expectedOfHalf<I extends Input>(
  inputs: Readonly<Record<I, Array64>>,
  { reference, kinks }: { reference: Reference<I>; kinks?: Array64 },
): Expected<I> {
  const expected = expectedOf(inputs, reference, kinks);
  const dy = half(expected.dy);
  return { ...expected, dy, grads: reference.pullback(dy) };
}

function ways(names: readonly string[], works: readonly string[]): Way[] {
  return names.map((name) => ({
    name,
    variants: Object.fromEntries(works.map((work) => [work, name])),
  }));
}

for (const [N, I, O] of [[3, 7, 65], [33, 65, 17], [5, 36, 12], [17, 64, 68]]) {
  await f16Test(`in f16, a dense layer of ${I} to ${O} features is the reference's`, async (t) => {
    using device = await openDevice();
    const inputs = normalInputs({ x: [N, I], w: [I, O] });
    const given = { ...inputs, x: half(inputs.x) };
    const expected = expectedOfHalf(given, {
      reference: reference.dense(given, { activation: "relu" }),
      kinks: reference.dense(given).y,
    });
    const layer = dense({ units: O, activation: "relu" });
    const terms = { y: I + 1, x: O, w: N, b: N };
    await eachWay(
      t,
      { device, ways: ways(["subgroup", "workgroup"], ["dense"]) },
      ({ variants }) => checkLayer(device, layer, expected, { terms, variants, activations }),
    );
  });
}

const convolutions = [
  { x: [3, 9, 5, 17], w: [5, 5, 17, 33] },
  { x: [2, 7, 9, 16], w: [3, 3, 16, 20] },
  { x: [3, 11, 9, 3], w: [5, 5, 3, 8] },
  { x: [2, 9, 7, 5], w: [3, 2, 5, 7], strides: [2, 1] },
] as const;

for (const { x: shape, w, ...rest } of convolutions) {
  const strides = "strides" in rest ? rest.strides : undefined;
  const what = `a convolution of ${w.slice(0, 2).join("×")} with ${w[2]} to ${w[3]} channels`;
  await f16Test(`in f16, ${what} is the reference's`, async (t) => {
    using device = await openDevice();
    const inputs = normalInputs({ x: shape, w });
    const given = { ...inputs, x: half(inputs.x) };
    const options = { strides, padding: "SAME" } as const;
    const value = reference.conv2d(given, { ...options, activation: "relu" });
    const kinks = reference.conv2d(given, options).y;
    const expected = expectedOfHalf(given, { reference: value, kinks });
    const [KH, KW, I, O] = w;
    const layer = conv2d({
      kernel: [KH, KW],
      filters: O,
      stride: strides,
      padding: "SAME",
      activation: "relu",
    });
    const pixels = value.y.data.length / O;
    const terms = { y: KH * KW * I + 1, x: KH * KW * O, w: pixels, b: pixels };
    const names = ["subgroup", "workgroup", ...KH === KW && !strides ? ["winograd"] : []];
    const works = ["conv2d_forward", "conv2d_weight_gradient", "conv2d_input_gradient"];
    await eachWay(
      t,
      { device, ways: ways(names, works) },
      ({ variants }) => checkLayer(device, layer, expected, { terms, variants, activations }),
    );
  });
}

for (const [shape, multiplier] of [[[3, 7, 5, 8], 1], [[2, 6, 7, 3], 2]] as const) {
  const what = `a depthwise convolution of ${shape[3]} channels, ${multiplier} each,`;
  await f16Test(`in f16, ${what} is the reference's`, async () => {
    using device = await openDevice();
    const options = { kernel: 3, multiplier, padding: "SAME", activation: "relu" } as const;
    const layer = depthwiseConv2d(options);
    const { weights: { shape: w }, biases: { shape: b } } = layer.parameters(shape);
    const inputs = normalInputs({ x: shape, w, b });
    const given = { ...inputs, x: half(inputs.x) };
    const value = reference.depthwiseConv2d(given, options);
    const kinks = reference.depthwiseConv2d(given, { padding: "SAME" }).y;
    const expected = expectedOfHalf(given, { reference: value, kinks });
    const pixels = shape[0] * shape[1] * shape[2];
    const terms = { y: 9 + 1, x: 9 * multiplier, w: pixels, b: pixels };
    await checkLayer(device, layer, expected, { terms, activations });
  });
}

for (const [shape, filters] of [[[5, 3, 4, 8], 12], [[9, 4, 3, 5], 7]] as const) {
  const what = `a locally connected layer of ${shape[3]} to ${filters} channels`;
  await f16Test(`in f16, ${what} is the reference's`, async (t) => {
    using device = await openDevice();
    const options = { kernel: 3, filters, padding: "SAME", activation: "relu" } as const;
    const layer = locallyConnected2d(options);
    const { weights: { shape: w }, biases: { shape: b } } = layer.parameters(shape);
    const inputs = normalInputs({ x: shape, w, b });
    const given = { ...inputs, x: half(inputs.x) };
    const value = reference.locallyConnected2d(given, options);
    const kinks = reference.locallyConnected2d(given, { padding: "SAME" }).y;
    const expected = expectedOfHalf(given, { reference: value, kinks });
    const [N, , , I] = shape;
    const terms = { y: 9 * I + 1, x: 9 * filters, w: N, b: N };
    await eachWay(
      t,
      { device, ways: ways(["subgroup", "workgroup"], ["locally_connected2d"]) },
      ({ variants }) => checkLayer(device, layer, expected, { terms, variants, activations }),
    );
  });
}

const pooling = { window: [3, 3], strides: [2, 2], padding: "SAME" } as const;
const pool = { window: 3, stride: 2, padding: "SAME" } as const;
const normalization = { radius: 2, bias: 1, alpha: 0.2, beta: 0.75 };

/** Layers without parameters, by what they are. */
const plain: Record<string, {
  layer: Layer<Layout, Layout>;
  shapes: readonly (readonly number[])[];
  of: (x: Array64) => Reference<"x">;
  terms?: { y?: number; x?: number };
}> = {
  "max pooling": {
    layer: maxPool2d(pool),
    shapes: [[3, 7, 5, 5], [1, 8, 6, 12]],
    of: (x) => reference.maxPool2d(x, pooling),
    terms: { x: 4 },
  },
  "average pooling": {
    layer: averagePool2d(pool),
    shapes: [[3, 7, 5, 5], [1, 8, 6, 12]],
    of: (x) => reference.averagePool2d(x, pooling),
    terms: { y: 9, x: 4 },
  },
  "local response normalization": {
    layer: localResponseNormalization(normalization),
    shapes: [[3, 5, 3, 64], [1, 2, 3, 65], [5, 3, 1, 7]],
    of: (x) => reference.localResponseNormalization(x, normalization),
    terms: { y: 5, x: 10 },
  },
  "ReLU": { layer: relu("NC"), shapes: [[1, 1], [3, 17], [5, 64]], of: reference.relu },
  "leaky ReLU": {
    layer: leakyRelu("NC", { slope: 0.3 }),
    shapes: [[1, 1], [5, 65]],
    of: (x) => reference.leakyRelu(x, { slope: 0.3 }),
  },
  "GELU": { layer: gelu("NC"), shapes: [[3, 17]], of: reference.gelu },
  "sigmoid": { layer: sigmoid("NC"), shapes: [[3, 17]], of: reference.sigmoid },
  "tanh": { layer: tanh("NC"), shapes: [[3, 17]], of: reference.tanh },
  "global average pooling": {
    layer: globalAveragePool2d(),
    shapes: [[3, 7, 5, 5], [1, 8, 6, 12]],
    of: reference.globalAveragePool2d,
    terms: { y: 48 },
  },
  "a residual": {
    layer: residual([relu("NC")]),
    shapes: [[1, 7], [5, 65]],
    of(x) {
      const { y, pullback } = reference.relu(x);
      const plus = (a: Array64, b: Array64) => map(a, (value, i) => value + b.data[i]);
      return { y: plus(y, x), pullback: (dy) => ({ x: plus(pullback(dy).x, dy) }) };
    },
  },
  "flattening": { layer: flatten(), shapes: [[3, 3, 5, 7]], of: reference.flatten },
};

for (const [name, { layer, shapes, of, terms }] of Object.entries(plain)) {
  await f16Test(`in f16, ${name} is the reference's`, async () => {
    using device = await openDevice();
    for (const shape of shapes) {
      const x = half(normal(Rng.from(91), { shape }));
      const expected = expectedOfHalf({ x }, { reference: of(x) });
      await checkLayer(device, layer, expected, { terms, activations });
    }
  });
}

for (const shape of [[17, 7], [2, 5, 7, 12]]) {
  const layout = shape.length === 2 ? "NC" : "NHWC";
  const C = shape[shape.length - 1];
  const rows = shape.reduce((a, b) => a * b) / C;
  const rng = Rng.from(97);
  const random = (name: string) => normal(rng.split(name), { shape: [C] });
  const x = half(normal(rng.split("x"), { shape }));
  const affine = { gamma: random("gamma"), beta: random("beta") };
  const running = { mean: random("mean"), variance: map(random("variance"), Math.abs) };
  const epsilon = 0.01;

  await f16Test(
    `in f16, layer normalization of ${shape.join("×")} is the reference's`,
    async () => {
      using device = await openDevice();
      const inputs = { x, ...affine };
      const expected = expectedOfHalf(inputs, {
        reference: reference.layerNorm(inputs, { epsilon }),
      });
      const terms = { y: C, x: C, gamma: rows, beta: rows };
      await checkLayer(device, layerNorm(layout, { epsilon }), expected, { terms, activations });
    },
  );

  await f16Test(
    `in f16, batch normalization of ${shape.join("×")} is the reference's`,
    async () => {
      using device = await openDevice();
      const inputs = { x, ...affine, ...running };
      const layer = batchNorm(layout, { epsilon, momentum: 0.9 });
      for (const training of [true, false]) {
        const value = reference.batchNorm(inputs, { epsilon, momentum: 0.9, training });
        const expected = expectedOfHalf(inputs, { reference: value });
        const terms = { y: rows, x: rows, gamma: rows, beta: rows, mean: rows, variance: rows };
        await checkLayer(device, layer, expected, { terms, training, activations });
      }
    },
  );
}

await f16Test("the scale of the loss is not taken off the steps of running averages", async () => {
  using device = await openDevice();
  const record = new Recorder(device, { activations });
  const table = new ParameterTable([
    ["norm/running_mean", { shape: [3], initial: constantInitializer(0), trained: false }],
    ["norm/gamma", { shape: [65], initial: constantInitializer(0) }],
  ]);
  const gradients = new Arena(record, table, "gradients");
  const step = record.keep([stepWords], "step");
  const firstBad = record.keep([1], "first bad step");
  unscaleGradients(record, { gradients, scale: 4, step, firstBad });
  using program = await record.compile(device);
  using reader = await readerOf(program, [gradients.all]);
  write(program, gradients.all, new Float32Array(table.length).fill(8));
  write(program, step, stepOf({}));
  program.run();
  const [got] = await reader.read();
  assertEquals(table.view(got, "norm/gamma"), new Float32Array(65).fill(2));
  assertEquals(table.view(got, "norm/running_mean"), new Float32Array(3).fill(8));
});

await f16Test("in f16, dropout has the mask that it has in f32", async () => {
  using device = await openDevice();
  const rate = 0.3;
  const layer = dropout("NC", { rate });
  for (const shape of [[1, 1], [5, 7], [33, 64]]) {
    const x = half(normal(Rng.from(92), { shape }));
    using single = await compileLayer(device, layer, { shape, backward: false });
    const { y } = await single.run({ x: x.data.map(() => 1) });
    const mask = Array.from(y, (value) => value === 0 ? 0 : 1);
    const expected = expectedOfHalf({ x }, { reference: reference.dropout(x, { mask, rate }) });
    await checkLayer(device, layer, expected, { activations });
  }
});

await f16Test(
  "in f16, softmax is the reference's, its gradient that of what is stored",
  async () => {
    using device = await openDevice();
    for (const shape of [[3, 2], [17, 10], [5, 65]]) {
      const [, C] = shape;
      const x = half(normal(Rng.from(93), { shape }));
      const dy = half(normal(Rng.from(94), { shape }));
      using runner = await compileLayer(device, softmax(), { shape, activations });
      const got = await runner.run({ x: x.data, dy: dy.data });
      const bounds = { terms: C, scale: 1, roundoff: f16Roundoff };
      assertClose(got.y, reference.softmax(x).y.data, { name: "y", ...bounds });
      const y = array64(shape, got.y);
      const inner = (i: number) => {
        const row = i - i % C;
        return y.data.subarray(row, row + C).reduce((sum, p, c) => sum + p * dy.data[row + c], 0);
      };
      const dx = map(y, (p, i) => p * (dy.data[i] - inner(i)));
      assertClose(got.dx, dx.data, { name: "dx", ...bounds });
    }
  },
);

await f16Test("in f16, the gradient of cross-entropy comes scaled, its loss does not", async () => {
  using device = await openDevice();
  const [N, C] = [129, 10];
  const x = half(normal(Rng.from(95), { shape: [N, C] }));
  const classes = labels(Rng.from(96), { N, classes: C });
  const scale = lossScale(N, activations);
  const record = new Recorder(device, { activations });
  const logits = record.keep<Shape<"NC">>([N, C], "logits", { type: activations });
  const wanted = record.keep([N], "labels");
  const { loss, dx } = crossEntropy(logits, { record, labels: wanted, scale });
  const outputs = [record.output(loss, "loss"), record.output(dx, "dx")];
  using program = await record.compile(device);
  using reader = await readerOf(program, outputs);
  write(program, logits, x.data);
  write(program, wanted, classes);
  program.run();
  const [gotLoss, gotDx] = await reader.read();
  const expected = reference.crossEntropy(x, classes);
  assertClose(gotLoss, [expected.loss], { name: "loss", terms: N + C, scale: 4 });
  const scaled = expected.dx.data.map((value) => value * scale);
  const bounds = { terms: C, scale: scale / N, roundoff: f16Roundoff };
  assertClose(gotDx, scaled, { name: "dx", ...bounds });
});

Deno.test("the scale of the loss is a power of two that brings the logits' gradients to 2⁸", () => {
  for (const batch of [1, 2, 3, 128, 129, 65_535]) {
    assertEquals(lossScale(batch, "f32"), 1);
    const scale = lossScale(batch, "f16");
    assertEquals(Math.log2(scale) % 1, 0);
    assertEquals([scale / batch > 2 ** 7, scale / batch <= 2 ** 8], [true, true]);
  }
});
