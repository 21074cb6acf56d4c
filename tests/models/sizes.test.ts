// Kernels choose their form by size. Here they run at the sizes of the tutorial, far beyond those of their own
// tests, and each way to compute is held against the others.

import { assert, assertNotEquals } from "@std/assert";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { averagePool2d } from "../../lib/layers/pool.ts";
import { sequential } from "../../lib/layers/sequential.ts";
import { Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { labels, normal } from "../support/random.ts";
import { compileNetwork } from "../support/run_network.ts";

const batch = 128;
const convolution = { filters: 64, kernel: 5, padding: "SAME", activation: "relu" } as const;
// Means in place of maxima: of two that are nearly equal rounding decides which is the greater.
const pool = { window: 3, stride: 2, padding: "SAME" } as const;
const norm = { radius: 4, alpha: 0.001 / 9, beta: 0.75 };
const model = sequential([24, 24, 3], [
  conv2d({ name: "conv1", ...convolution, deviation: 0.05 }),
  averagePool2d({ name: "pool1", ...pool }),
  localResponseNormalization({ name: "norm1", ...norm }),
  conv2d({ name: "conv2", ...convolution, deviation: 0.05, bias: 0.1 }),
  averagePool2d({ name: "pool2", ...pool }),
  flatten(),
  dense({ name: "local3", units: 384, activation: "relu", deviation: 0.04, weightDecay: 0.004 }),
  dense({ name: "logits", units: 10, deviation: 0.01 }),
]);

const plain = {
  conv2d_forward: "workgroup",
  conv2d_weight_gradient: "workgroup",
  conv2d_input_gradient: "workgroup",
  dense: "workgroup",
};
const strips = {
  conv2d_forward: "subgroup",
  conv2d_weight_gradient: "subgroup",
  conv2d_input_gradient: "subgroup",
};

/** What a graphics card takes, whichever adapter is here. */
const card = {
  ...plain,
  "conv2 conv2d_forward": "winograd",
  "conv2 conv2d_weight_gradient": "winograd",
  "conv2 conv2d_input_gradient": "winograd",
  winograd_products: "workgroup",
};

Deno.test("at the tutorial's sizes every way to compute gives the same gradients", async (t) => {
  using device = await openDevice();
  const rng = Rng.from(31);
  const arena = model.parameters.initialize(rng.split("parameters"));
  const { entries } = model.parameters;
  const input = {
    x: normal(rng.split("x"), { shape: [batch, 24, 24, 3] }).data,
    labels: labels(rng.split("labels"), { N: batch, classes: 10 }),
    parameters: Object.fromEntries(
      entries.map(({ name }) => [name, model.parameters.view(arena, name)]),
    ),
  };
  const run = async (variants?: Record<string, string>) => {
    using network = await compileNetwork(device, model, { batch, variants });
    return { ...await network.run(input), chosen: network.program.variants };
  };
  const expected = await run(plain);
  const ways = {
    "those that suit the adapter": undefined,
    card,
    ...device.subgroups && { strips },
  };
  for (const [way, variants] of Object.entries(ways)) {
    await t.step(way, async () => {
      const got = await run(variants);
      // On a graphics card what suits it may be just what it is held against.
      const other = variants !== undefined || device.subgroups && device.kind === "software";
      if (other) assertNotEquals(got.chosen, expected.chosen);
      for (const { name } of entries) {
        const [mine, theirs] = [got.gradients[name], expected.gradients[name]];
        const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const worst = mine.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - theirs[i])),
          0,
        );
        // A few of the sums that go through ReLU are so near to 0 that rounding decides.
        assert(worst < 2e-3 * largest, `${name}: ${worst} of ${largest}`);
      }
    });
  }
});
