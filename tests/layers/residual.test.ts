import { assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { averagePool2d } from "../../lib/layers/pool.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { relu } from "../../lib/layers/relu.ts";
import { residual } from "../../lib/layers/residual.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { ShapeError } from "../../lib/shape.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { checkGradients, float32 } from "../../lib/checks/gradients.ts";
import { labels, normal } from "../support/random.ts";
import { type Array64, map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";
import { compileNetwork } from "../support/run_network.ts";
import { readerOf, stepOf } from "../../lib/checks/tensors.ts";

/** A residual with a convolution as its shortcut, in which there is one without. */
const block = residual([
  conv2d({ name: "conv1", filters: 5, kernel: 3, padding: "SAME", stride: 2 }),
  residual([
    conv2d({ name: "conv1", filters: 5, kernel: [2, 3], padding: "SAME" }),
  ], { name: "inner" }),
], {
  name: "block",
  shortcut: [
    averagePool2d({ window: 2, padding: "SAME" }),
    conv2d({ name: "projection", filters: 5, kernel: 1 }),
  ],
});

const shape = [3, 7, 5, 3] as const;
const rng = Rng.from(101);
const x = normal(rng.split("x"), { shape });
const specs = block.parameters(shape);
const parameters: Record<string, Array64> = Object.fromEntries(
  Object.entries(specs).map(([name, { shape }]) => [name, normal(rng.split(name), { shape })]),
);

/** The same, put together from the references. */
function referenceOf(x: Array64, parameters: Record<string, Array64>) {
  const of = (layer: string) => ({
    w: parameters[`${layer}/weights`],
    b: parameters[`${layer}/biases`],
  });
  const conv1 = reference.conv2d({ x, ...of("conv1") }, { strides: [2, 2], padding: "SAME" });
  const inner = reference.conv2d({ x: conv1.y, ...of("inner/conv1") }, { padding: "SAME" });
  const pool = reference.averagePool2d(x, { window: [2, 2], strides: [2, 2], padding: "SAME" });
  const projection = reference.conv2d({ x: pool.y, ...of("projection") }, { padding: "VALID" });
  const plus = (a: Array64, b: Array64) => map(a, (value, i) => value + b.data[i]);
  return {
    y: plus(plus(inner.y, conv1.y), projection.y),
    pullback(dy: Array64) {
      const dInner = inner.pullback(dy);
      const dConv1 = conv1.pullback(plus(dInner.x, dy));
      const dProjection = projection.pullback(dy);
      return {
        x: plus(dConv1.x, pool.pullback(dProjection.x).x),
        "conv1/weights": dConv1.w,
        "conv1/biases": dConv1.b,
        "inner/conv1/weights": dInner.w,
        "inner/conv1/biases": dInner.b,
        "projection/weights": dProjection.w,
        "projection/biases": dProjection.b,
      };
    },
  };
}

Deno.test("residuals in residuals, with and without layers on the shortcut, are the reference's, and gradients are derivatives", async () => {
  using device = await openDevice();
  using runner = await compileLayer(device, block, { shape });
  const { y, pullback } = referenceOf(x, parameters);
  const dy = normal(rng.split("dy"), { shape: y.shape });
  const run = (inputs: Record<string, Array64>) => {
    const { x, ...owned } = inputs;
    const data = Object.entries(owned).map(([name, { data }]) => [name, data]);
    return runner.run({ x: x.data, parameters: Object.fromEntries(data), dy: dy.data });
  };
  const inputs = { x, ...parameters };
  const got = await run(inputs);
  const terms = 100; // 45 of one convolution, 30 of the next, 12 of the shortcut
  assertEquals(runner.shape, y.shape);
  assertClose(got.y, y.data, { name: "y", terms });
  const { x: dx, ...gradients } = pullback(dy);
  assertClose(got.dx, dx.data, { name: "dx", terms });
  assertEquals(Object.keys(got.gradients).sort(), Object.keys(gradients).sort());
  for (const [name, { data }] of Object.entries(gradients)) {
    assertClose(got.gradients[name], data, { name, terms });
  }
  await checkGradients({
    name: "residual",
    f: async (moved: Record<string, Array64>) => (await run(moved)).y,
    inputs,
    dy: dy.data,
    gradients: { x: got.dx, ...got.gradients },
    precision: { ...float32, step: 1 },
    elements: 2,
  });
});

Deno.test("an odd number of elements is added to its end", async () => {
  using device = await openDevice();
  const layer = residual([relu("NC")]);
  const x = normal(rng.split("odd"), { shape: [1, 7] });
  using runner = await compileLayer(device, layer, { shape: x.shape });
  const { y, dx } = await runner.run({ x: x.data, dy: x.data });
  const twice = x.data.map((value) => value > 0 ? 2 * value : value);
  assertEquals([y, dx], [Float32Array.from(twice), Float32Array.from(twice)]);
});

const model = sequential([7, 5, 3], [
  block,
  relu("NHWC"),
  flatten(),
  residual([dense({ name: "dense", units: 60 })], { name: "around" }),
  dense({ name: "logits", units: 4 }),
]);

Deno.test("a model names, counts and trains what residuals own", async () => {
  const names = model.parameters.entries.map(({ name }) => name);
  assertEquals(names.slice(0, 6), [
    "block/conv1/weights",
    "block/conv1/biases",
    "block/inner/conv1/weights",
    "block/inner/conv1/biases",
    "block/projection/weights",
    "block/projection/biases",
  ]);
  const owned = Object.values(specs).reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b),
    0,
  );
  assertEquals(model.rows[0].parameters, owned);
  assertEquals(model.rows[0].outputShape, [1, 4, 3, 5]);
  assertEquals(model.rows[0].multiplyAdds, 4 * 3 * 5 * (9 * 3 + 6 * 5 + 3));

  // The gradients of a model that starts with a residual do not depend on whether the pictures' is wanted.
  using device = await openDevice();
  const values = model.parameters.entries.map(({ name, shape }) =>
    [name, normal(rng.split(name), { shape, deviation: 0.3 }).data] as const
  );
  const batch = 3;
  const input = {
    x: x.data,
    labels: labels(rng.split("labels"), { N: batch, classes: 4 }),
    parameters: Object.fromEntries(values),
  };
  using wanted = await compileNetwork(device, model, { batch, needsInput: true });
  using spared = await compileNetwork(device, model, { batch });
  const { dx, ...all } = await wanted.run(input);
  const { dx: none, ...rest } = await spared.run(input);
  assertEquals([dx?.length, none], [x.data.length, undefined]);
  assertEquals(rest, all);
  assertEquals(spared.program.dispatches.length < wanted.program.dispatches.length, true);
  // What was chosen for one layer is not what was chosen for another of the same name.
  const chosen = Object.keys(wanted.program.variants).filter((name) => name.includes("conv1"));
  assertEquals(chosen.some((name) => name.startsWith("block/conv1 ")), true);
  assertEquals(chosen.some((name) => name.startsWith("block/inner/conv1 ")), true);
});

Deno.test("dropouts of the same name in different residuals draw different masks", async () => {
  using device = await openDevice();
  const layer = residual([dropout("NC", { rate: 0.5 })], {
    shortcut: [residual([dropout("NC", { rate: 0.5 })], { name: "inner" })],
  });
  using runner = await compileLayer(device, layer, { shape: [1, 64], backward: false });
  const { y } = await runner.run({ x: new Float32Array(64).fill(1) });
  // 1 of the inner shortcut, and 2 of each that is kept: with one mask for both, 1 and 5 only.
  assertEquals([...new Set(y)].sort(), [1, 3, 5]);
  using same = await compileLayer(device, dropout("NC", { rate: 0.5 }), {
    shape: [1, 64],
    backward: false,
  });
  assertNotEquals((await same.run({ x: new Float32Array(64).fill(1) })).y, y);
});

Deno.test("dropouts of the same name next to each other, or on both ways, draw different masks", async () => {
  using device = await openDevice();
  const half = () => dropout("NC", { rate: 0.5 });
  const ones = new Float32Array(4096).fill(1);
  const model = sequential([4096], [half(), half()]);
  const record = new Recorder(device);
  const x = record.keep([1, 4096], "x");
  const step = record.keep([stepWords], "step");
  const values = new Arena(record, model.parameters, "parameters");
  const y = record.output(model.apply(x, { record, values, training: true, step }).y, "y");
  using program = await record.compile(device);
  using reader = await readerOf(program, [y]);
  program.write(x, ones);
  program.write(step, stepOf({}));
  program.run();
  const [both] = await reader.read();
  const share = both.filter((value) => value !== 0).length / both.length;
  assertAlmostEquals(share, 0.25, 4 * Math.sqrt(0.25 * 0.75 / 4096));

  const layer = residual([half()], { shortcut: [half()] });
  using runner = await compileLayer(device, layer, { shape: [1, 4096], backward: false });
  const sums = (await runner.run({ x: ones })).y;
  assertEquals([...new Set(sums)].sort(), [0, 2, 4]);
});

Deno.test("a branch that does not give what its shortcut gives is refused", () => {
  const narrow = conv2d({ name: "conv1", filters: 4, kernel: 3 });
  assertThrows(
    () => sequential([8, 8, 3], [residual([narrow], { name: "block1" })]),
    ShapeError,
    "Cannot build block1: needs a shortcut that gives what the branch gives, 1×6×6×4, " +
      "got 1×8×8×3 as it came; give it layers, such as a conv2d of 1×1",
  );
  assertThrows(
    () =>
      sequential([8, 8, 3], [
        residual([narrow], { name: "block1", shortcut: [averagePool2d({ window: 2 })] }),
      ]),
    ShapeError,
    "needs a shortcut that gives what the branch gives, 1×6×6×4, got 1×4×4×3",
  );
});

Deno.test("layouts within a residual, and of its two ways, are checked when compiling", () => {
  assertThrows(
    () =>
      sequential([4, 4, 1], [
        // @ts-expect-error: dense takes rows of features, and nothing flattened the pictures
        residual([averagePool2d({ window: 2 }), dense({ name: "logits", units: 2 })]),
      ]),
    ShapeError,
    "Cannot build logits: needs NC, got NHWC (1×2×2×1) from pool; put flatten() between",
  );
  assertThrows(
    () =>
      sequential([4, 4, 1], [
        // @ts-expect-error: the branch gives pictures, the shortcut rows
        residual([conv2d({ filters: 1, kernel: 1 })], { shortcut: [flatten()] }),
      ]),
    ShapeError,
    "gives what the branch gives, 1×4×4×1, got 1×16",
  );
  assertThrows(
    () =>
      sequential([4, 4, 1], [
        // @ts-expect-error: without a shortcut the branch has to give what it takes
        residual([conv2d({ filters: 1, kernel: 1 }), flatten()]),
      ]),
    ShapeError,
    "gives what the branch gives, 1×16, got 1×4×4×1 as it came",
  );
  const rows = residual([conv2d({ filters: 1, kernel: 1 }), flatten()], { shortcut: [flatten()] });
  assertEquals(sequential([4, 4, 1], [rows, dense({ units: 2 })]).outputShape(1), [1, 2]);
  // Of lists of a length that is not known, the compiler knows no layouts.
  const known = sequential([4, 4, 1], [residual([relu("NHWC")] as Layer[]), flatten()]);
  assertEquals(known.outputShape(1), [1, 16]);
  // @ts-expect-error: a residual of pictures takes no rows
  assertThrows(() => sequential([4], [residual([conv2d({ filters: 1, kernel: 1 })])]), ShapeError);
});

Deno.test("a residual without a branch, and one with two layers of a name, are refused", () => {
  assertThrows(() => residual([]), ShapeError, "needs at least one layer in its branch");
  const twice = [dense({ units: 4 }), dense({ units: 4 })] as const;
  assertThrows(
    () => sequential([4], [residual([...twice], { name: "block1" })]),
    TypeError,
    `Cannot build block1: two parameters in it are named "dense/weights"`,
  );
});
