import { assertEquals } from "@std/assert";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { Rng } from "../../lib/rng.ts";
import { type Padding, type Shape, sizeOf } from "../../lib/shape.ts";
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
import { normal, separated } from "../support/random.ts";
import { map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";

interface Case {
  readonly name: string;
  readonly x: Shape<"NHWC">;
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

const cases: readonly Case[] = [
  {
    name: "3×3 windows at strides of 2 on odd pictures",
    x: [3, 7, 5, 5],
    window: [3, 3],
    strides: [2, 2],
    padding: "SAME",
  },
  {
    name: "the same in vectors of channels",
    x: [1, 8, 6, 12],
    window: [3, 3],
    strides: [2, 2],
    padding: "SAME",
  },
  {
    name: "3×2 windows at unequal strides",
    x: [2, 9, 7, 3],
    window: [3, 2],
    strides: [1, 3],
    padding: "VALID",
  },
  {
    name: "strides past the window",
    x: [1, 11, 13, 1],
    window: [2, 2],
    strides: [5, 4],
    padding: "SAME",
  },
  {
    name: "windows larger than the picture",
    x: [1, 3, 2, 4],
    window: [5, 7],
    strides: [1, 1],
    padding: "SAME",
  },
  {
    name: "padding on one side",
    x: [2, 6, 5, 8],
    window: [3, 4],
    strides: [2, 1],
    padding: [[2, 0], [0, 3]],
  },
  {
    name: "windows of more cells than a byte counts",
    x: [1, 18, 17, 4],
    window: [17, 16],
    strides: [1, 1],
    padding: "VALID",
  },
];

for (const { name, x: shape, ...options } of cases) {
  const { window, strides: stride, padding } = options;
  const x = normal(Rng.from(21), { shape });

  Deno.test(`max pooling with ${name} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const layer = maxPool2d({ window, stride, padding });
    const terms = { x: placesOver(options) };
    await checkLayer(device, layer, expectedOf({ x }, reference.maxPool2d(x, options)), { terms });
    const apart = separated(Rng.from(22), { shape });
    await checkDerivatives(device, layer, { x: apart }, { precision: float32 });
  });

  Deno.test(`max pooling of equal values with ${name} has the first maximum's gradient`, async () => {
    using device = await openDevice();
    const equals = map(x, (value) => Math.round(value));
    const expected = expectedOf({ x: equals }, reference.maxPool2d(equals, options));
    const terms = { x: placesOver(options) };
    await checkLayer(device, maxPool2d({ window, stride, padding }), expected, { terms });
  });

  Deno.test(`average pooling with ${name} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const layer = averagePool2d({ window, stride, padding });
    const expected = expectedOf({ x }, reference.averagePool2d(x, options));
    const terms = { y: window[0] * window[1], x: placesOver(options) };
    await checkLayer(device, layer, expected, { terms });
    await checkDerivatives(device, layer, { x }, { precision: linear32 });
  });
}

Deno.test("the maximum of negative values is negative, also beside padding", async () => {
  using device = await openDevice();
  const x = map(normal(Rng.from(23), { shape: [1, 4, 4, 4] }), (value) => -1e30 - value ** 2);
  const options = { window: [3, 3], strides: [2, 2], padding: "SAME" } as const;
  const layer = maxPool2d({ window: 3, stride: 2, padding: "SAME" });
  await checkLayer(device, layer, expectedOf({ x }, reference.maxPool2d(x, options)), {
    terms: { x: 4 },
  });
});

Deno.test("max pooling without training gives what it gives in training", async () => {
  using device = await openDevice();
  const layer = maxPool2d({ window: 3, stride: 2, padding: "SAME" });
  const x = normal(Rng.from(24), { shape: [2, 7, 5, 8] });
  const run = async (training: boolean) => {
    using runner = await compileLayer(device, layer, {
      shape: x.shape,
      training,
      backward: false,
    });
    return (await runner.run({ x: x.data })).y;
  };
  assertEquals(await run(false), await run(true));
});

conformanceTest("max pooling and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("max_pool2d")) {
    const { window, strides: stride, padding } = stored.attrs;
    const terms = { x: placesOver(stored.attrs) };
    await checkLayer(device, maxPool2d({ window, stride, padding }), stored, { terms });
  }
});

conformanceTest("average pooling and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("average_pool2d")) {
    const { window, strides: stride, padding } = stored.attrs;
    const terms = { y: window[0] * window[1], x: placesOver(stored.attrs) };
    await checkLayer(device, averagePool2d({ window, stride, padding }), stored, { terms });
  }
});

Deno.test("the gradient of max pooling is the same outside of training", async () => {
  using device = await openDevice();
  const x = normal(Rng.from(29), { shape: [2, 7, 5, 4] });
  const gradients = [];
  for (const training of [true, false]) {
    using pool = await compileLayer(device, maxPool2d({ window: 3, stride: 2 }), {
      shape: x.shape,
      training,
    });
    const dy = new Float32Array(sizeOf(pool.shape)).map((_, i) => i + 1);
    gradients.push((await pool.run({ x: x.data, dy })).dx);
  }
  assertEquals(gradients[1], gradients[0]);
});

/** The most windows that hold one cell. */
function placesOver({ window: [KH, KW], strides: [SH, SW] }: Pick<Case, "window" | "strides">) {
  return Math.ceil(KH / SH) * Math.ceil(KW / SW);
}

for (const shape of [[3, 7, 5, 5], [1, 1, 1, 3], [1, 6, 4, 12], [2, 24, 24, 3]] as const) {
  Deno.test(`global average pooling of ${shape.join("×")} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const x = normal(Rng.from(28), { shape });
    const expected = expectedOf({ x }, reference.globalAveragePool2d(x));
    const layer = globalAveragePool2d();
    await checkLayer(device, layer, expected, { terms: { y: shape[1] * shape[2] } });
    await checkDerivatives(device, layer, { x }, { precision: linear32 });
  });
}

conformanceTest("global average pooling and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("global_average_pool2d")) {
    await checkLayer(device, globalAveragePool2d(), stored, { terms: { y: 20 } });
  }
});
