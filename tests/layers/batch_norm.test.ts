import { assertEquals, assertThrows } from "@std/assert";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { ShapeError } from "../../lib/shape.ts";
import { assertClose } from "../support/assert_close.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { normal, uniform } from "../support/random.ts";
import { map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";

const rng = Rng.from(81);
const epsilon = 0.01, momentum = 0.7;

function inputsOf(shape: readonly number[]) {
  const C = shape[shape.length - 1];
  return {
    x: normal(rng.split("x"), { shape }),
    gamma: normal(rng.split("gamma"), { shape: [C] }),
    beta: normal(rng.split("beta"), { shape: [C] }),
    mean: normal(rng.split("mean"), { shape: [C] }),
    variance: uniform(rng.split("variance"), { shape: [C], low: 0.5, high: 2 }),
  };
}

function termsOf(rows: number) {
  return { y: rows, x: rows, gamma: rows, beta: rows, mean: rows, variance: rows };
}

/** Runs of rows: one, a last one of one row, several. */
for (const shape of [[3, 7], [65, 8], [131, 12], [1, 5, 3, 5], [3, 9, 11, 4], [2, 24, 24, 17]]) {
  const layer = batchNorm(shape.length === 2 ? "NC" : "NHWC", { epsilon, momentum });
  const inputs = inputsOf(shape);
  const C = inputs.gamma.data.length;
  const rows = inputs.x.data.length / C;
  for (const training of [true, false]) {
    const what = `batch normalization of ${shape.join("×")} in ${
      training ? "training" : "inference"
    }`;
    Deno.test(`${what} is the reference's, running averages too`, async () => {
      using device = await openDevice();
      const options = { epsilon, momentum, training };
      const expected = expectedOf(inputs, reference.batchNorm(inputs, options));
      await checkLayer(device, layer, expected, { terms: termsOf(rows), training });
    });
  }

  Deno.test(`the gradients of batch normalization of ${shape.join("×")} are derivatives`, async () => {
    using device = await openDevice();
    const { x, gamma, beta } = inputs;
    await checkDerivatives(device, layer, { x, gamma, beta });
  });
}

conformanceTest("batch normalization and its gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const { attrs, ...stored } of conformanceCases("batch_norm")) {
    const layer = batchNorm("NHWC", { epsilon: attrs.epsilon });
    const rows = stored.output.data.length / stored.output.shape[3];
    await checkLayer(device, layer, stored, { terms: termsOf(rows), training: attrs.training });
  }
});

Deno.test("batch normalization keeps its digits where the mean is 1,000 times the deviation", async () => {
  using device = await openDevice();
  const inputs = inputsOf([2, 24, 24, 5]);
  const x = map(inputs.x, (value) => Math.fround(value + 1000));
  const options = { epsilon: 1e-5, momentum: 0.9, training: true };
  const { y } = reference.batchNorm({ ...inputs, x }, options);
  using runner = await compileLayer(device, batchNorm("NHWC"), { shape: x.shape, backward: false });
  const parameters = { gamma: inputs.gamma.data, beta: inputs.beta.data };
  const got = await runner.run({ x: x.data, parameters });
  // The mean is rounded to 3e-5 of a deviation, 30 times the bound; a difference of squares is off by 0.1.
  assertClose(got.y, y.data, { name: "y", strictness: 30 });
});

Deno.test("repeated steps bring the running averages to mean and unbiased variance", async () => {
  using device = await openDevice();
  const { x } = inputsOf([7, 3]);
  using runner = await compileLayer(device, batchNorm("NC", { momentum: 0.5 }), { shape: x.shape });
  const parameters = {
    gamma: new Float32Array(3).fill(1),
    beta: new Float32Array(3),
    running_mean: new Float32Array(3),
    running_variance: new Float32Array(3).fill(1),
  };
  const dy = new Float32Array(21);
  for (let step = 0; step < 30; step++) {
    const { gradients } = await runner.run({ x: x.data, parameters, dy });
    for (const name of ["running_mean", "running_variance"] as const) {
      parameters[name].forEach((value, c) => parameters[name][c] = value - gradients[name][c]);
    }
  }
  const column = (c: number) => Array.from({ length: 7 }, (_, n) => x.data[n * 3 + c]);
  const mean = [0, 1, 2].map((c) => column(c).reduce((sum, value) => sum + value) / 7);
  const variance = mean.map((center, c) =>
    column(c).reduce((sum, value) => sum + (value - center) ** 2, 0) / 6
  );
  assertClose(parameters.running_mean, mean, { name: "mean", terms: 7 });
  assertClose(parameters.running_variance, variance, { name: "variance", terms: 7 });
});

Deno.test("running averages lie behind all that is trained", () => {
  const model = sequential([4, 4, 3], [
    batchNorm("NHWC", { name: "norm1" }),
    batchNorm("NHWC", { name: "norm2" }),
  ]);
  const { entries, trainedLength } = model.parameters;
  const trained = entries.filter(({ offset }) => offset < trainedLength);
  const names = ["norm1/gamma", "norm1/beta", "norm2/gamma", "norm2/beta"];
  assertEquals(trained.map(({ name }) => name), names);
  assertEquals(
    entries.slice(4).map(({ name }) => name.split("/")[1].slice(0, 8)),
    Array(4).fill("running_"),
  );
  assertEquals(model.rows.map(({ parameters }) => parameters), [12, 12]);
});

Deno.test("training on one number a channel is refused, inference is not", async () => {
  using device = await openDevice();
  const layer = batchNorm("NC", { name: "norm1" });
  using runner = await compileLayer(device, layer, {
    shape: [1, 3],
    backward: false,
    training: false,
  });
  const one = [1, 1, 1];
  const parameters = {
    gamma: [2, 2, 2],
    beta: one,
    running_mean: one,
    running_variance: [4, 4, 4],
  };
  const { y } = await runner.run({ x: [1, 3, 5], parameters });
  assertClose(y, [1, 3, 5], { name: "y", terms: 10 });
  const record = new Recorder(device);
  const x = record.keep([1, 3], "x");
  const specs = Object.entries(layer.parameters([1, 3]));
  const tensors = specs.map(([name, { shape }]) => {
    const value = record.keep(shape, name);
    return [name, { value, gradient: value }];
  });
  const context = {
    record,
    parameters: Object.fromEntries(tensors),
    training: true,
    step: record.keep([8], "step"),
  };
  assertThrows(
    () => layer.apply(x, context),
    ShapeError,
    "Cannot train norm1: needs at least 2 numbers in a channel, got 1 of 1×3; use a larger batch",
  );
});

Deno.test("a momentum that is no share is refused", () => {
  assertThrows(
    () => batchNorm("NC", { momentum: 1.5 }),
    ShapeError,
    "Cannot build norm: needs a momentum in [0, 1], got 1.5",
  );
});
