import { assert, assertThrows } from "@std/assert";
import { gelu, leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { Rng } from "../../lib/rng.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { type Layout, ShapeError } from "../../lib/shape.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { float32 } from "../../lib/checks/gradients.ts";
import { normal, separated } from "../support/random.ts";
import { type Array64, array64, map, type Reference } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";

const slope = 0.3;

const activations: Readonly<
  Record<
    string,
    {
      readonly layer: (layout: Layout) => Layer<Layout, Layout>;
      readonly of: (x: Array64) => Reference<"x">;
    }
  >
> = {
  "leaky ReLU": {
    layer: (layout) => leakyRelu(layout, { slope }),
    of: (x) => reference.leakyRelu(x, { slope }),
  },
  "GELU": { layer: gelu, of: reference.gelu },
  "sigmoid": { layer: sigmoid, of: reference.sigmoid },
  "tanh": { layer: tanh, of: reference.tanh },
};

for (const [name, { layer, of }] of Object.entries(activations)) {
  for (const shape of [[1, 1], [3, 17], [5, 64], [3, 5, 7, 3]]) {
    Deno.test(`${name} of ${shape.join("×")} is the reference's, gradients are derivatives`, async () => {
      using device = await openDevice();
      // Leaky ReLU has a kink at 0.
      const x = name === "leaky ReLU"
        ? separated(Rng.from(61), { shape })
        : normal(Rng.from(61), { shape });
      const layout = shape.length === 2 ? "NC" : "NHWC";
      await checkLayer(device, layer(layout), expectedOf({ x }, of(x)), { scale: 1 + maximum(x) });
      const precision = { ...float32, step: 2 ** -7 }; // they bend more than the default takes
      await checkDerivatives(device, layer(layout), { x }, { precision });
    });
  }

  Deno.test(`${name} and its gradient are exact to 5 digits from 1e-6 to 80, whatever the sign`, async () => {
    using device = await openDevice();
    // Each by itself, with a bound of its own: where values are small, they keep their digits.
    const sizes = Array.from({ length: 54 }, (_, i) => 1e-6 * 1.41 ** i);
    const values = [...sizes, ...sizes.map((size) => -size), 0, 0.2999, 0.3001];
    const x = array64([1, values.length], values.map(Math.fround));
    const dy = map(x, () => 1);
    const expected = of(x);
    using runner = await compileLayer(device, layer("NC"), { shape: x.shape });
    const got = await runner.run({ x: x.data, dy: dy.data });
    const gradients = expected.pullback(dy).x;
    x.data.forEach((v, i) => {
      assertDigits(got.y[i], expected.y.data[i], `${name} of ${v}`);
      assertDigits(got.dx[i], gradients.data[i], `the gradient of ${name} at ${v}`);
    });
  });

  Deno.test(`${name} of huge numbers is finite`, async () => {
    using device = await openDevice();
    const x = array64([1, 4], [1e30, -1e30, 3e38, -3e38].map(Math.fround));
    const expected = expectedOf({ x }, of(x));
    await checkLayer(device, layer("NC"), expected);
  });
}

conformanceTest(
  "leaky ReLU, GELU, sigmoid and tanh and their gradients are PyTorch's",
  async () => {
    using device = await openDevice();
    for (const { attrs, ...stored } of conformanceCases("leaky_relu")) {
      await checkLayer(device, leakyRelu("NC", { slope: attrs.alpha }), stored);
    }
    for (const [op, layer] of Object.entries({ gelu, sigmoid, tanh })) {
      for (const stored of conformanceCases(op as "gelu")) {
        await checkLayer(device, layer("NC"), stored);
      }
    }
  },
);

Deno.test("a leaky ReLU that falls below 0 is refused", () => {
  assertThrows(
    () => leakyRelu("NC", { slope: -1 }),
    ShapeError,
    "Cannot build leaky_relu: needs a slope of at least 0, got -1",
  );
});

/** Requires a relative error of at most 1e-5, down to where the reference of GELU cancels. */
function assertDigits(got: number, expected: number, what: string): void {
  const error = Math.abs(got - expected);
  assert(error <= 1e-5 * Math.abs(expected) + 1e-14, `${what}: got ${got}, expected ${expected}`);
}

function maximum(x: Array64): number {
  return Math.max(...x.data.map(Math.abs));
}
