/**
 * The gradient of a bias and of the ReLU after it, in one pass.
 *
 * @module
 */
import { type AdapterKind, flatIndex, grid, type Kernel, stored, wgsl } from "./kernel.ts";

const lanes = 16;

/** Rows that one invocation sums: enough that few partial sums are left, few enough to keep a card busy. */
function runOf(rows: number, kind: AdapterKind): number {
  return kind === "gpu" ? Math.max(8, Math.ceil(rows / 2048)) : Math.max(64, Math.ceil(rows / 256));
}

/** Rows of the `partials` of {@linkcode biasGradient}, to be summed by `columnSums`. */
export function biasParts(rows: number, kind: AdapterKind): number {
  return Math.ceil(rows / runOf(rows, kind));
}

/**
 * Partial sums of `db[c] = Σ_row dz[row, c]`. With `relu`, `dz = dy where y > 0, else 0` is written
 * besides; without it `dz` is `dy` itself.
 */
export function biasGradient(
  { rows, C }: { rows: number; C: number },
  { relu, kind }: { relu: boolean; kind: AdapterKind },
): Kernel {
  const V = C % 4 === 0 ? 4 : 1;
  const value = V === 4 ? "vec4f" : "f32";
  const run = runOf(rows, kind);
  const count = biasParts(rows, kind) * (C / V);
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> partials: array<${value}>;
${
    relu
      ? `@group(0) @binding(2) var<storage, read> y: array<${stored(value)}>;
@group(0) @binding(3) var<storage, read_write> dz: array<${stored(value)}>;`
      : ""
  }
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  let column = index % ${C / V}u;
  let first = index / ${C / V}u * ${run}u;
  var sum = ${value}(0f);
  for (var row = first; row < min(first + ${run}u, ${rows}u); row++) {
    let at = row * ${C / V}u + column;
    ${
    relu
      ? `let slope = select(${value}(0f), ${value}(dy[at]), ${value}(y[at]) > ${value}(0f));
    dz[at] = ${stored(value)}(slope);`
      : `let slope = ${value}(dy[at]);`
  }
    sum += slope;
  }
  partials[index] = sum;
}`;
  return { name: "bias_gradient", code, workgroups, flops: rows * C };
}
