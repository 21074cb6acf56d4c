import { assertEquals } from "@std/assert";
import {
  normalizationForward,
  normalizationGradient,
  tileOf,
} from "../../kernels/local_response_normalization.wgsl.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { Rng } from "../../lib/rng.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
} from "../support/check_layer.ts";
import { assertClose } from "../support/assert_close.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { normal } from "../support/random.ts";
import * as reference from "../support/reference.ts";
import { runKernel } from "../kernels/run_kernel.ts";

interface Case {
  readonly x: readonly [N: number, H: number, W: number, C: number];
  readonly radius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/** Up to 32 channels go through one invocation; above, 65 have tiles of 1, 72 of 8, and 64 and 96 of 32. */
const cases: readonly Case[] = [
  { x: [3, 5, 3, 64], radius: 4, bias: 1, alpha: 0.001 / 9, beta: 0.75 },
  { x: [1, 2, 3, 65], radius: 4, bias: 1, alpha: 0.2, beta: 0.75 },
  { x: [2, 1, 3, 96], radius: 2, bias: 2, alpha: 0.5, beta: 0.5 },
  { x: [1, 3, 1, 72], radius: 10, bias: 1, alpha: 0.1, beta: 1 },
  { x: [5, 3, 1, 17], radius: 3, bias: 1.5, alpha: 0.3, beta: 0.6 },
  { x: [1, 2, 2, 7], radius: 9, bias: 1, alpha: 0.4, beta: 0.75 },
  { x: [1, 7, 5, 3], radius: 0, bias: 0.5, alpha: 1, beta: 1 },
  { x: [1, 1, 33, 1], radius: 1, bias: 1, alpha: 0.2, beta: 2.5 },
];

for (const { x: shape, ...options } of cases) {
  const [, , , C] = shape;
  const { radius, beta } = options;
  const what = `normalization over ${2 * radius + 1} of ${C} channels with a power of ${beta}`;
  Deno.test(`${what} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const layer = localResponseNormalization(options);
    const x = normal(Rng.from(31), { shape });
    const expected = expectedOf({ x }, reference.localResponseNormalization(x, options));
    await checkLayer(device, layer, expected, { terms: termsOf(radius) });
    await checkDerivatives(device, layer, { x });
  });
}

Deno.test("how many channels an invocation takes changes nothing of what comes out", async () => {
  using device = await openDevice();
  const numbers = { rows: 7, C: 64, radius: 4, bias: 1, alpha: 0.02, beta: 0.75 };
  const [x, dy] = [1, 2].map((seed) =>
    Float32Array.from(normal(Rng.from(seed), { shape: [7, 64] }).data)
  );
  const run = async (tile: number) => {
    const sizes = { ...numbers, tile };
    const empty = () => new Float32Array(7 * 64);
    const { y } = await runKernel(device, normalizationForward(sizes), { x, y: empty() });
    const { dx } = await runKernel(device, normalizationGradient(sizes), { x, dy, dx: empty() });
    return [y, dx];
  };
  const whole = await run(64);
  for (const tile of [32, 8, 4, 2, 1]) {
    const got = await run(tile);
    // A compiler may round the same sum otherwise where it stands in another loop.
    got.forEach((values, i) =>
      assertClose(values, whole[i], {
        name: `${"y dx".split(" ")[i]}, tiles of ${tile}`,
        terms: 18,
      })
    );
  }
  assertEquals([tileOf(64, "gpu"), tileOf(64, "software"), tileOf(65, "software")], [8, 32, 1]);
});

conformanceTest("local response normalization and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const { attrs, ...stored } of conformanceCases("local_response_normalization")) {
    const { depth_radius: radius, ...constants } = attrs;
    const layer = localResponseNormalization({ name: stored.name, radius, ...constants });
    await checkLayer(device, layer, stored, { terms: termsOf(radius) });
  }
});

/** The neighbours behind an element; its gradient sums over them twice. */
function termsOf(radius: number) {
  return { y: 2 * radius + 1, x: 2 * (2 * radius + 1) };
}

Deno.test("more pixels than one row of workgroups are normalized", async () => {
  using device = await openDevice();
  const options = { radius: 1, bias: 1, alpha: 0.2, beta: 0.75 };
  const x = normal(Rng.from(32), { shape: [1, 1024, 1025, 1] });
  const expected = expectedOf({ x }, reference.localResponseNormalization(x, options));
  const layer = localResponseNormalization(options);
  await checkLayer(device, layer, expected, { terms: termsOf(options.radius) });
});
