/**
 * From stored bytes to what the network sees: crop, flip, brightness, contrast, standardization.
 *
 * @module
 */
import { type AdapterKind, f32, type Kernel, repeat, wgsl } from "./kernel.ts";
import { philox } from "./philox.wgsl.ts";
import { stepStruct } from "./step.wgsl.ts";

/** Sizes of a batch of stored pictures and of the crop. */
export interface PictureSizes {
  /** Pictures. */
  readonly N: number;
  /** Stored height. */
  readonly H: number;
  /** Stored width. */
  readonly W: number;
  /** Channels, stored as planes one after the other. */
  readonly C: number;
  /** Height of the crop. */
  readonly CH: number;
  /** Width of the crop. */
  readonly CW: number;
  /** What runs the kernel. */
  readonly kind: AdapterKind;
  /** Whether to standardize; brightness cancels where it is done. Default true. */
  readonly standardize?: boolean;
}

/** How far training pictures are distorted. */
export interface Distortion {
  /** Whether to flip left-right with probability ½. */
  readonly flip: boolean;
  /** Brightness adds `u ~ U(−brightness, brightness)` to all values. */
  readonly brightness: number;
  /** Contrast multiplies the distance from each channel's mean by `f ~ U(lower, upper)`. */
  readonly contrast: readonly [lower: number, upper: number];
}

/** Invocations that share a picture: a power of two, fewer where their sums of many channels need room. */
function lanesOf({ C, kind }: PictureSizes): number {
  const most = kind === "gpu" ? 128 : 16;
  return 2 ** Math.floor(Math.log2(Math.max(1, Math.min(most, 4096 / C))));
}

/** The central crop, standardized: `(x − mean) / max(std, 1/√count)` over the picture. */
export function centralPictures(sizes: PictureSizes): Kernel {
  const { H, W, CH, CW } = sizes;
  return pictures(sizes, {
    name: "central_pictures",
    step: "",
    draw: `let top = ${Math.floor((H - CH) / 2)}u;
  let left = ${Math.floor((W - CW) / 2)}u;
  let flip = false;
  let brightness = 0f;
  let contrast = 1f;`,
  });
}

/**
 * A random crop, flipped, brightened and contrasted by draws that are a function of seed, step and
 * example, then standardized. In this order and without clamping, as the reference has it.
 */
export function distortedPictures(sizes: PictureSizes, distortion: Distortion): Kernel {
  const { H, W, CH, CW } = sizes;
  const { flip, brightness, contrast: [lower, upper] } = distortion;
  return pictures(sizes, {
    name: "distorted_pictures",
    step: `${stepStruct}
${philox}
@group(0) @binding(2) var<uniform> step: Step;`,
    draw: `let counter = vec4u(step.index, step.first_example + n, 0u, 0u);
  let places = philox(counter, step.key);
  let lights = philox(counter + vec4u(0u, 0u, 0u, 1u), step.key);
  let top = min(u32(uniform_from(places.x) * ${f32(H - CH + 1)}), ${H - CH}u);
  let left = min(u32(uniform_from(places.y) * ${f32(W - CW + 1)}), ${W - CW}u);
  let flip = ${flip ? "uniform_from(places.z) < 0.5f" : "false"};
  let brightness = ${f32(2 * brightness)} * uniform_from(lights.x) - ${f32(brightness)};
  let contrast = ${f32(upper - lower)} * uniform_from(lights.y) + ${f32(lower)};`,
  });
}

/**
 * One workgroup a picture. Brightness and contrast are affine in each channel, so the statistics of
 * the raw crop give those of the distorted one: with `v = (b − m_c)·f + m_c + u`, a channel's mean
 * is `m_c + u` and its variance `f²·var_c`.
 */
function pictures(
  sizes: PictureSizes,
  { name, step, draw }: { name: string; step: string; draw: string },
): Kernel {
  const { N, H, W, C, CH, CW, standardize = true } = sizes;
  const lanes = lanesOf(sizes);
  const pixels = CH * CW;
  const count = pixels * C;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read_write> x: array<real>;
${step}
var<workgroup> parts: array<f32, ${lanes * C}>;

fn byte_at(index: u32) -> f32 {
  return f32((bytes[index / 4u] >> (index % 4u * 8u)) & 255u);
}

fn stored(n: u32, channel: u32, row: u32, column: u32) -> f32 {
  return byte_at(((n * ${C}u + channel) * ${H}u + row) * ${W}u + column);
}

/// Leaves the sum of a channel's parts in the first of them.
fn add_up(lane: u32) {
  for (var half = ${lanes >> 1}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      ${repeat(C, (c) => `parts[${c * lanes}u + lane] += parts[${c * lanes}u + lane + half];`, " ")}
    }
  }
  workgroupBarrier();
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.x;
  ${draw}

  ${
    repeat(C, (c) =>
      `var sum_${c} = 0f;
  for (var i = lane; i < ${pixels}u; i += ${lanes}u) {
    sum_${c} += stored(n, ${c}u, top + i / ${CW}u, left + i % ${CW}u);
  }
  parts[${c * lanes}u + lane] = sum_${c};`, "\n  ")
  }
  add_up(lane);
  ${repeat(C, (c) => `let mean_${c} = parts[${c * lanes}u] / ${f32(pixels)};`, "\n  ")}
  workgroupBarrier();

  ${
    repeat(C, (c) =>
      `var square_${c} = 0f;
  for (var i = lane; i < ${pixels}u; i += ${lanes}u) {
    let d = stored(n, ${c}u, top + i / ${CW}u, left + i % ${CW}u) - mean_${c};
    square_${c} += d * d;
  }
  parts[${c * lanes}u + lane] = square_${c};`, "\n  ")
  }
  add_up(lane);

  let mean = (${repeat(C, (c) => `mean_${c}`, " + ")}) / ${f32(C)};
  let within = contrast * contrast * (${repeat(C, (c) => `parts[${c * lanes}u]`, " + ")}) / ${
    f32(count)
  };
  let between = (${repeat(C, (c) => `(mean_${c} - mean) * (mean_${c} - mean)`, " + ")}) / ${f32(C)};
  let deviation = max(sqrt(within + between), ${f32(1 / Math.sqrt(count))});
  ${
    repeat(
      C,
      (c) =>
        `for (var i = lane; i < ${pixels}u; i += ${lanes}u) {
    let column = select(i % ${CW}u, ${CW - 1}u - i % ${CW}u, flip);
    let value = (stored(n, ${c}u, top + i / ${CW}u, left + column) - mean_${c}) * contrast;
    x[(n * ${pixels}u + i) * ${C}u + ${c}u] = real(${
          standardize
            ? `(value + (mean_${c} - mean)) / deviation`
            : `value + mean_${c} + brightness`
        });
  }`,
      "\n  ",
    )
  }
}`;
  return { name, code, workgroups: [N, 1, 1], flops: N * count * 8 };
}
