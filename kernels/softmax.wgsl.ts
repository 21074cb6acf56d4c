/**
 * Softmax over the last axis, and its cross-entropy with integer labels.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

const lanes = 16;

/** `y_c = exp(x_c − max x) / Σ exp(x_j − max x)` for each of `rows` rows of `C`. */
export function softmaxForward({ rows, C }: { rows: number; C: number }): Kernel {
  return perRow("softmax_forward", { rows, C }, {
    declarations: `@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read_write> y: array<real>;`,
    body: `${maximumAndSum(C)}
  for (var c = 0u; c < ${C}u; c++) { y[base + c] = real(exp(f32(x[base + c]) - largest) / sum); }`,
  });
}

/** `dx_c = y_c (dy_c − Σ_j dy_j y_j)`. */
export function softmaxGradient({ rows, C }: { rows: number; C: number }): Kernel {
  return perRow("softmax_gradient", { rows, C }, {
    declarations: `@group(0) @binding(0) var<storage, read> y: array<real>;
@group(0) @binding(1) var<storage, read> dy: array<real>;
@group(0) @binding(2) var<storage, read_write> dx: array<real>;`,
    body: `var dot = 0f;
  for (var c = 0u; c < ${C}u; c++) { dot += f32(dy[base + c]) * f32(y[base + c]); }
  for (var c = 0u; c < ${C}u; c++) {
    dx[base + c] = real(f32(y[base + c]) * (f32(dy[base + c]) - dot));
  }`,
  });
}

/**
 * `loss = log Σ_j exp(x_j) − Σ_c t_c x_c` for each row, with the target `t_c = (1 − ε) [c = label] + ε / C`, and the
 * gradient of the rows' mean, `dx_c = (softmax(x)_c − t_c) / rows`, times `scale`.
 *
 * @param smoothing ε
 */
export function crossEntropy(
  { rows, C }: { rows: number; C: number },
  { scale, smoothing = 0 }: { scale: number; smoothing?: number },
): Kernel {
  const [right, other] = [f32(1 - smoothing + smoothing / C), f32(smoothing / C)];
  // Every class has its share of the target: `Σ_c t_c (x_c − max x)`.
  const smoothed = `var all_classes = 0f;
  for (var c = 0u; c < ${C}u; c++) { all_classes += f32(x[base + c]) - largest; }
  losses[row] = log(sum) - ${
    f32(1 - smoothing)
  } * (f32(x[base + label]) - largest) - ${other} * all_classes;`;
  return perRow("softmax_cross_entropy", { rows, C }, {
    declarations: `@group(0) @binding(0) var<storage, read> x: array<real>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<real>;`,
    body: `${maximumAndSum(C)}
  let label = labels[row];
  ${smoothing === 0 ? "losses[row] = log(sum) - (f32(x[base + label]) - largest);" : smoothed}
  for (var c = 0u; c < ${C}u; c++) {
    let probability = exp(f32(x[base + c]) - largest) / sum;
    dx[base + c] = real((probability - select(${other}, ${right}, c == label)) * ${
      f32(scale / rows)
    });
  }`,
  });
}

function maximumAndSum(C: number): string {
  return `var largest = f32(x[base]);
  for (var c = 1u; c < ${C}u; c++) { largest = max(largest, f32(x[base + c])); }
  var sum = 0f;
  for (var c = 0u; c < ${C}u; c++) { sum += exp(f32(x[base + c]) - largest); }`;
}

function perRow(
  name: string,
  { rows, C }: { rows: number; C: number },
  { declarations, body }: { declarations: string; body: string },
): Kernel {
  const workgroups = grid(rows, lanes);
  const code = wgsl`
${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${flatIndex(workgroups, lanes)};
  if (row >= ${rows}u) { return; }
  let base = row * ${C}u;
  ${body}
}`;
  return { name, code, workgroups, flops: rows * C * 6 };
}
