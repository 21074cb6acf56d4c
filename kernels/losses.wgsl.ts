/**
 * The terms of the loss: L2 decay, sums in a fixed order, and moving averages.
 *
 * @module
 */
import { type AdapterKind, f32, type Kernel, wgsl } from "./kernel.ts";
import { stepStruct } from "./step.wgsl.ts";
import { sumInParts } from "./sum_in_parts.wgsl.ts";

const lanes = 64;

/** `dw ← dw + λ w`, and partial sums of `λ · ½ w²`. */
export function weightDecay(size: number, decay: number, kind: AdapterKind): Kernel {
  return sumInParts("weight_decay", size, {
    declarations: `@group(0) @binding(0) var<storage, read> w: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dw: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;`,
    statement: `let value = w[i];
      dw[i] += ${f32(decay)} * value;
      sum += ${f32(decay / 2)} * value * value;`,
    flops: size * 4,
    kind,
  });
}

/** `total[0] = scale · Σ x`, always in the same order. */
export function sum(size: number, scale: number): Kernel {
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
var<workgroup> parts: array<f32, ${lanes}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_index) lane: u32) {
  var part = 0f;
  for (var i = lane; i < ${size}u; i += ${lanes}u) { part += x[i]; }
  parts[lane] = part;
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] += parts[lane + half]; }
  }
  if (lane == 0u) { total[0] = parts[0] * ${f32(scale)}; }
}`;
  return { name: "sum", code, workgroups: [1, 1, 1], flops: size };
}

/** Elements from a term to the next in the `terms` of {@linkcode lossAverages}: 256 bytes. */
export const termStride = 64;

/**
 * Gathers `count` terms into `losses`, their sum last, and moves `averages` by
 * `avg ← decay · avg + (1 − decay) · loss`. `first_bad` keeps one more than the first step whose total
 * was not finite, or 0: found by the exponent, as shaders may assume that NaN does not exist.
 */
export function lossAverages(count: number, decay: number): Kernel {
  const code = wgsl`
${stepStruct}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> losses: array<f32>;
@group(0) @binding(2) var<storage, read_write> averages: array<f32>;
@group(0) @binding(3) var<storage, read_write> first_bad: array<u32>;
@group(0) @binding(4) var<storage, read> terms: array<f32>;
@compute @workgroup_size(1)
fn main() {
  var total = 0f;
  for (var t = 0u; t < ${count}u; t++) {
    let term = terms[t * ${termStride}u];
    losses[t] = term;
    total += term;
  }
  losses[${count}] = total;
  for (var t = 0u; t <= ${count}u; t++) {
    averages[t] = ${f32(decay)} * averages[t] + ${f32(1 - decay)} * losses[t];
  }
  let exponent = bitcast<u32>(total) & 0x7f800000u;
  if (exponent == 0x7f800000u && first_bad[0] == 0u) { first_bad[0] = step.index + 1u; }
}`;
  return { name: "loss_averages", code, workgroups: [1, 1, 1], flops: count * 4 };
}
