import { assertThrows } from "@std/assert";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { Rng } from "../../lib/rng.ts";
import { ShapeError } from "../../lib/shape.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { float32 } from "../../lib/checks/gradients.ts";
import { normal } from "../support/random.ts";
import { map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";

const rng = Rng.from(71);

function inputsOf(shape: readonly number[]) {
  const C = shape[shape.length - 1];
  return {
    x: normal(rng.split("x"), { shape }),
    gamma: normal(rng.split("gamma"), { shape: [C] }),
    beta: normal(rng.split("beta"), { shape: [C] }),
  };
}

for (const shape of [[1, 7], [5, 64], [131, 10], [3, 5, 3, 5], [1, 9, 11, 12]]) {
  Deno.test(`layer normalization of ${shape.join("×")} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const inputs = inputsOf(shape);
    const C = inputs.gamma.data.length;
    const rows = inputs.x.data.length / C;
    const epsilon = 0.1;
    const layer = layerNorm(shape.length === 2 ? "NC" : "NHWC", { epsilon });
    const expected = expectedOf(inputs, reference.layerNorm(inputs, { epsilon }));
    await checkLayer(device, layer, expected, { terms: { y: C, x: C, gamma: rows, beta: rows } });
    // It bends where a row's values are close together.
    const precision = { ...float32, step: 2 ** -7 };
    await checkDerivatives(device, layer, inputs, { precision });
  });
}

conformanceTest("layer normalization and its gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const { attrs: { epsilon }, ...stored } of conformanceCases("layer_norm")) {
    const C = stored.inputs.gamma.data.length;
    const layer = layerNorm(stored.output.shape.length === 2 ? "NC" : "NHWC", { epsilon });
    const rows = stored.output.data.length / C;
    await checkLayer(device, layer, stored, { terms: { y: C, x: C, gamma: rows, beta: rows } });
  }
});

Deno.test("layer normalization keeps its digits where the mean is 1,000 times the deviation", async () => {
  using device = await openDevice();
  const inputs = inputsOf([9, 65]);
  const x = map(inputs.x, (value) => Math.fround(value + 1000));
  const expected = expectedOf(
    { ...inputs, x },
    reference.layerNorm({ ...inputs, x }, { epsilon: 1e-5 }),
  );
  // The mean is rounded to 3e-5 of a deviation, 30 times the bound; a difference of squares is off by 0.1.
  await checkLayer(device, layerNorm("NC"), expected, {
    terms: { y: 65, x: 65, gamma: 9, beta: 9 },
    strictness: 30,
  });
});

Deno.test("layer normalization by nothing is refused", () => {
  assertThrows(
    () => layerNorm("NC", { name: "norm1", epsilon: 0 }),
    ShapeError,
    "Cannot build norm1: needs an epsilon above 0, got 0",
  );
});
