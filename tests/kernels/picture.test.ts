import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  centralPictures,
  distortedPictures,
  type Distortion,
  type PictureSizes,
} from "../../kernels/picture.wgsl.ts";
import { packStep } from "../../kernels/step.wgsl.ts";
import { philox, Rng } from "../../lib/rng.ts";
import { openDevice } from "../support/device.ts";
import { runKernel } from "./run_kernel.ts";

interface Draws {
  top: number;
  left: number;
  flip: boolean;
  brightness: number;
  contrast: number;
}

const tutorial: Distortion = { flip: true, brightness: 63, contrast: [0.2, 1.8] };
const key = [0x1234, 0x5678] as const;

/** What the kernel should draw for an example, from the host's generator. */
function draws(
  sizes: PictureSizes,
  { step, example, distortion }: { step: number; example: number; distortion: Distortion },
): Draws {
  const block = (last: number) => {
    const words = new Uint32Array(4);
    philox([step, example, 0, last], key, words);
    return [...words].map((word) => (word >>> 8) / 2 ** 24);
  };
  const [a, b, c] = block(0);
  const [d, e] = block(1);
  const [lower, upper] = distortion.contrast;
  return {
    top: Math.floor(a * (sizes.H - sizes.CH + 1)),
    left: Math.floor(b * (sizes.W - sizes.CW + 1)),
    flip: distortion.flip && c < 0.5,
    brightness: (2 * d - 1) * distortion.brightness,
    contrast: lower + (upper - lower) * e,
  };
}

/** The reference's pipeline in its own order, in float64: one stored picture to `CH×CW×C`. */
function distort(
  picture: Uint8Array,
  { H, W, C, CH, CW, standardize = true }: PictureSizes,
  draws: Draws,
): Float64Array {
  const out = new Float64Array(CH * CW * C);
  for (let c = 0; c < C; c++) {
    const plane: number[] = [];
    for (let y = 0; y < CH; y++) {
      for (let x = 0; x < CW; x++) {
        const column = draws.flip ? CW - 1 - x : x;
        plane.push(picture[(c * H + draws.top + y) * W + draws.left + column]);
      }
    }
    const bright = plane.map((value) => value + draws.brightness);
    const mean = bright.reduce((a, b) => a + b, 0) / bright.length;
    bright.forEach((value, i) => out[i * C + c] = (value - mean) * draws.contrast + mean);
  }
  if (!standardize) return out;
  const mean = out.reduce((a, b) => a + b, 0) / out.length;
  const variance = out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / out.length;
  const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(out.length));
  return out.map((value) => (value - mean) / deviation);
}

/** Bytes as the kernel binds them; whole words. */
function pack(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

function randomPictures({ N, H, W, C }: PictureSizes): Uint8Array {
  const rng = Rng.from(11);
  return Uint8Array.from({ length: N * H * W * C }, () => rng.below(256));
}

const cases: [string, PictureSizes, Distortion][] = [
  ["the tutorial's", { N: 9, H: 32, W: 32, C: 3, CH: 24, CW: 24, kind: "software" }, tutorial],
  ["odd", { N: 5, H: 13, W: 9, C: 3, CH: 7, CW: 9, kind: "gpu" }, tutorial],
  ["grey", { N: 3, H: 7, W: 7, C: 1, CH: 5, CW: 3, kind: "gpu" }, { ...tutorial, flip: false }],
  ["of many channels", { N: 2, H: 6, W: 6, C: 100, CH: 4, CW: 4, kind: "gpu" }, tutorial],
  ["of very many", { N: 2, H: 3, W: 3, C: 300, CH: 2, CW: 2, kind: "software" }, tutorial],
  ["on a card", { N: 4, H: 32, W: 32, C: 3, CH: 24, CW: 24, kind: "gpu" }, tutorial],
  [
    "not standardized",
    { N: 4, H: 32, W: 32, C: 3, CH: 24, CW: 24, kind: "software", standardize: false },
    tutorial,
  ],
];
for (const [name, sizes, distortion] of cases) {
  Deno.test(`distorted pictures (${name}) are those of the float64 reference`, async () => {
    using device = await openDevice();
    const { N, H, W, C, CH, CW } = sizes;
    const pictures = randomPictures(sizes);
    const { x } = await runKernel(device, distortedPictures(sizes, distortion), {
      bytes: pack(pictures),
      x: new Float32Array(N * CH * CW * C),
      step: packStep({ key, step: 42, firstExample: 7, learningRate: 0, averageWeight: 0 }),
    });
    // One picture's values are at most 4.5 deviations, or a few hundred grey levels.
    const bound = sizes.standardize === false ? 2e-4 : 1e-5;
    for (let n = 0; n < N; n++) {
      const drawn = draws(sizes, { step: 42, example: 7 + n, distortion });
      const bytes = pictures.subarray(n * H * W * C, (n + 1) * H * W * C);
      distort(bytes, sizes, drawn).forEach((expected, i) =>
        assertAlmostEquals(x[n * CH * CW * C + i], expected, bound, `picture ${n}, value ${i}`)
      );
    }
  });
}

Deno.test("central pictures are cropped in the middle and standardized, flat ones too", async () => {
  using device = await openDevice();
  const sizes = { N: 3, H: 32, W: 32, C: 3, CH: 24, CW: 24, kind: device.kind };
  const pictures = randomPictures(sizes);
  pictures.fill(200, 0, 3072); // the deviation is 0: its floor of 1/√1728 counts
  const { x } = await runKernel(device, centralPictures(sizes), {
    bytes: pack(pictures),
    x: new Float32Array(3 * 1728),
  });
  const middle = { top: 4, left: 4, flip: false, brightness: 0, contrast: 1 };
  for (let n = 0; n < 3; n++) {
    distort(pictures.subarray(n * 3072, (n + 1) * 3072), sizes, middle).forEach((expected, i) =>
      assertAlmostEquals(x[n * 1728 + i], expected, n === 0 ? 1e-2 : 1e-5)
    );
  }
});

Deno.test("a picture's distortion does not depend on how examples are batched", async () => {
  using device = await openDevice();
  const sizes = { N: 8, H: 32, W: 32, C: 3, CH: 24, CW: 24, kind: device.kind };
  const pictures = randomPictures(sizes);
  const run = async (N: number, firstExample: number) =>
    (await runKernel(device, distortedPictures({ ...sizes, N }, tutorial), {
      bytes: pack(pictures.subarray(firstExample * 3072, (firstExample + N) * 3072)),
      x: new Float32Array(N * 1728),
      step: packStep({ key, step: 3, firstExample, learningRate: 0, averageWeight: 0 }),
    })).x;
  const [whole, first, second] = [await run(8, 0), await run(3, 0), await run(5, 3)];
  assertEquals([...first, ...second], [...whole]);
});

Deno.test("draws have the stated distributions", async () => {
  using device = await openDevice();
  // Two pixels, 0 and 100, a column apart: the crop and the change of contrast can be read off.
  const N = 4000;
  const plain = { C: 1, kind: device.kind, standardize: false };
  const sizes = { N, H: 9, W: 9, CH: 1, CW: 1, ...plain };
  const place = Uint8Array.from({ length: N * 81 }, (_, i) => i % 81);
  const still: Distortion = { flip: false, brightness: 0, contrast: [1, 1] };
  const step = packStep({ key, step: 0, firstExample: 0, learningRate: 0, averageWeight: 0 });
  const crops = await runKernel(device, distortedPictures(sizes, still), {
    bytes: pack(place),
    x: new Float32Array(N),
    step,
  });
  const counts = new Array(81).fill(0);
  crops.x.forEach((cell) => counts[cell]++);
  const mean = N / 81;
  const chiSquare = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  assertLess(chiSquare, 125); // 80 degrees of freedom: 99.9%

  const pair = { N, H: 1, W: 2, CH: 1, CW: 2, ...plain };
  const edge = Uint8Array.from({ length: N * 2 }, (_, i) => i % 2 * 100);
  const lights = await runKernel(device, distortedPictures(pair, tutorial), {
    bytes: pack(edge),
    x: new Float32Array(N * 2),
    step,
  });
  const statistics = { flipped: 0, brightness: [] as number[], contrast: [] as number[] };
  for (let n = 0; n < N; n++) {
    const [left, right] = lights.x.subarray(n * 2, n * 2 + 2);
    if (left > right) statistics.flipped++;
    statistics.brightness.push((left + right) / 2 - 50);
    statistics.contrast.push(Math.abs(right - left) / 100);
  }
  assertLess(Math.abs(statistics.flipped / N - 0.5), 4 * Math.sqrt(0.25 / N));
  assertUniform(statistics.brightness, -63, 63);
  assertUniform(statistics.contrast, 0.2, 1.8);
});

/** Kolmogorov and Smirnov's test at 0.1%. */
function assertUniform(values: number[], lower: number, upper: number): void {
  const sorted = values.map((value) => (value - lower) / (upper - lower)).sort((a, b) => a - b);
  assertGreater(sorted[0], -1e-5);
  assertLess(sorted.at(-1)!, 1 + 1e-5);
  const distance = Math.max(
    ...sorted.map((value, i) => Math.abs(value - (i + 0.5) / sorted.length)),
  );
  assertLess(distance, 1.95 / Math.sqrt(values.length));
}
