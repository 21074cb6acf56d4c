/**
 * The gradient of a convolution's input as a convolution: for strides of 1 it is that of `dy` with the weights
 * turned round.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

/** `KH×KW×I×O` weights turned round and transposed to `KH×KW×O×I`: those of the input's gradient. */
export function turnWeights({ KH, KW, I, O }: Conv2dSizes): Kernel {
  const size = KH * KW * I * O;
  const workgroups = grid(size, 16);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> turned: array<f32>;
@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, 16)};
  if (index >= ${size}u) { return; }
  let i = index % ${I}u;
  let o = index / ${I}u % ${O}u;
  let tap = index / ${I * O}u;
  turned[index] = w[((${KH * KW - 1}u - tap) * ${I}u + i) * ${O}u + o];
}`;
  return { name: "turn_weights", code, workgroups, flops: 0 };
}

/** The sizes of the convolution of `dy` with turned weights that gives `dx`, for strides of 1. */
export function turnedSizes(sizes: Conv2dSizes): Conv2dSizes {
  const { N, H, W, I, KH, KW, O, PT, PL, OH, OW } = sizes;
  return {
    N,
    H: OH,
    W: OW,
    I: O,
    KH,
    KW,
    O: I,
    SH: 1,
    SW: 1,
    PT: KH - 1 - PT,
    PL: KW - 1 - PL,
    OH: H,
    OW: W,
  };
}
