/**
 * Matrix products by tiles in workgroup memory.
 *
 * @module
 */
import { grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import { type MatmulOptions, readOperands, storeColumns } from "./matmul.wgsl.ts";

/** Terms of the sums that lie in workgroup memory at a time. */
const depth = 16;

/** The side of the square tile of the result that a workgroup computes, each invocation 4×4 of it. */
export function tileOf({ M, N, slices }: { M: number; N: number; slices: number }): number {
  return Math.ceil(M / 64) * Math.ceil(N / 64) * slices >= 128 ? 64 : 32;
}

/** Tiles of both operands are loaded by all invocations together, then multiplied from there. */
export function workgroupMatmul(options: MatmulOptions): Kernel {
  const { name, M, N, K, operands, activations, a, b, finish, batches = 1, parts = 1 } = options;
  const T = tileOf({ M, N, slices: batches * parts });
  const side = T / 4;
  const size = side * side;
  const terms = Math.ceil(K / parts);
  // One more than a power of two, so that neighbouring lanes do not store into one bank.
  const stride = T + 1;
  const loads = T * depth / size;
  // Rows that are too many for one axis of the grid go on along the next.
  const [down, folds] = grid(Math.ceil(M / T), 1);
  const across = Math.ceil(N / T);
  const store = storeColumns({
    result: operands[2],
    activations,
    N,
    finish,
    head: "slice: u32, m: u32",
    inside: `m < ${M}u`,
    at: options.at ?? `(slice * ${M}u + m) * ${N}u`,
  });
  const code = wgsl`
${readOperands(options)}
${store.declarations}
fn load_a(batch: u32, m: u32, k: u32) -> f32 { ${a} }
fn load_b(batch: u32, k: u32, n: u32) -> f32 { ${b} }
var<workgroup> tile_a: array<f32, ${stride * depth}>;
var<workgroup> tile_b: array<f32, ${T * depth}>;
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z / ${parts}u;
  let part = group.z % ${parts}u;
  let top = ${folds === 1 ? "group.x" : `(group.y / ${across}u * ${down}u + group.x)`} * ${T}u;
  let left = ${folds === 1 ? "group.y" : `group.y % ${across}u`} * ${T}u;
  let row = lane / ${side}u * 4u;
  let column = lane % ${side}u * 4u;
  let end = min((part + 1u) * ${terms}u, ${K}u);
  ${repeat(4, (p) => `var c_${p}_0 = vec4f(0f);`, " ")}
  for (var start = part * ${terms}u; start < end; start += ${depth}u) {
    ${
    repeat(loads, (i) => {
      // Neighbouring lanes take neighbouring terms of a and neighbouring columns of b.
      const at = `(lane + ${i * size}u)`;
      return `{
      let k = start + ${at} % ${depth}u;
      let m = ${at} / ${depth}u;
      var value = 0f;
      if (k < end && top + m < ${M}u) { value = load_a(batch, top + m, k); }
      tile_a[${at} % ${depth}u * ${stride}u + m] = value;
    }
    {
      let k = start + ${at} / ${T}u;
      let n = ${at} % ${T}u;
      var value = 0f;
      if (k < end && left + n < ${N}u) { value = load_b(batch, k, left + n); }
      tile_b[${at}] = value;
    }`;
    })
  }
    workgroupBarrier();
    ${
    repeat(depth, (k) =>
      `{
      let a = vec4f(${repeat(4, (p) => `tile_a[${k * stride}u + row + ${p}u]`, ", ")});
      let b = vec4f(${repeat(4, (q) => `tile_b[${k * T}u + column + ${q}u]`, ", ")});
      ${repeat(4, (p) => `c_${p}_0 = fma(vec4f(a[${p}]), b, c_${p}_0);`, " ")}
    }`)
  }
    workgroupBarrier();
  }
  ${
    repeat(4, (p) => {
      const head = `group.z, top + row + ${p}u`;
      return store.calls({ columns: 4, name: `c_${p}`, head, column: "left + column" });
    })
  }
}`;
  return {
    name,
    code,
    workgroups: [down, across * folds, batches * parts],
    flops: 2 * batches * M * N * K,
  };
}
