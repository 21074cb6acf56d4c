/**
 * The terms of the loss: L2 decay, sums in a fixed order, and moving averages.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";
import { stepStruct } from "./step.wgsl.ts";

const lanes = 64;
/** Elements that one invocation of the decay kernel takes. */
const run = 64;

/** Elements of the `partials` of {@linkcode weightDecay}. */
export function decayPartials(size: number): number {
  return grid(Math.ceil(size / run), lanes)[0] * grid(Math.ceil(size / run), lanes)[1] * lanes;
}

/** `dw ← dw + λ w`, and partial sums of `λ · ½ w²`. */
export function weightDecay(size: number, decay: number): Kernel {
  const workgroups = grid(Math.ceil(size / run), lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> dw: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let flat = ${flatIndex(workgroups, lanes)};
  let start = flat / ${lanes}u * ${lanes * run}u + lane;
  var sum = 0f;
  for (var k = 0u; k < ${run}u; k++) {
    let i = start + k * ${lanes}u;
    if (i < ${size}u) {
      let value = w[i];
      dw[i] += ${f32(decay)} * value;
      sum += value * value;
    }
  }
  partials[flat] = sum * ${f32(decay / 2)};
}`;
  return { name: "weight_decay", code, workgroups, flops: size * 4 };
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

/**
 * Gathers `terms` losses into `losses`, their sum last, and moves `averages` by
 * `avg ← decay · avg + (1 − decay) · loss`. `first_bad` keeps one more than the first step whose total
 * was not finite, or 0: found by the exponent, as shaders may assume that NaN does not exist.
 */
export function lossAverages(terms: number, decay: number): Kernel {
  const declarations = Array.from(
    { length: terms },
    (_, t) => `@group(0) @binding(${t + 4}) var<storage, read> term_${t}: array<f32>;`,
  );
  const lines = Array.from({ length: terms }, (_, t) =>
    `losses[${t}] = term_${t}[0];
  total += term_${t}[0];`);
  const code = wgsl`
${stepStruct}
@group(0) @binding(0) var<uniform> step: Step;
@group(0) @binding(1) var<storage, read_write> losses: array<f32>;
@group(0) @binding(2) var<storage, read_write> averages: array<f32>;
@group(0) @binding(3) var<storage, read_write> first_bad: array<u32>;
${declarations.join("\n")}
@compute @workgroup_size(1)
fn main() {
  var total = 0f;
  ${lines.join("\n  ")}
  losses[${terms}] = total;
  for (var t = 0u; t <= ${terms}u; t++) {
    averages[t] = ${f32(decay)} * averages[t] + ${f32(1 - decay)} * losses[t];
  }
  let exponent = bitcast<u32>(total) & 0x7f800000u;
  if (exponent == 0x7f800000u && first_bad[0] == 0u) { first_bad[0] = step.index + 1u; }
}`;
  return { name: "loss_averages", code, workgroups: [1, 1, 1], flops: terms * 4 };
}
