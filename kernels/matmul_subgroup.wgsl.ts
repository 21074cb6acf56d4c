/**
 * Matrix products in registers, eight lanes at a time.
 *
 * @module
 */
import { grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import { type MatmulOptions, readOperands, storeColumns } from "./matmul.wgsl.ts";

/** Lanes that share the loads of one operand; a subgroup has at least as many. */
export const lanes = 8;

/**
 * WGSL that names `columns` values `b_0 …` as vectors of four, `load(offset)` giving the value at an
 * offset of the lane: each lane loads one eighth, and every lane gets all by broadcast.
 */
export function broadcastColumns(columns: number, load: (offset: string) => string): string {
  const loads = repeat(
    columns / lanes,
    (j) => `let l_${j} = ${load(`${j * lanes}u + lane`)};`,
    " ",
  );
  const value = (n: number) => `subgroupBroadcast(l_${Math.floor(n / lanes)}, ${n % lanes}u)`;
  const vectors = repeat(
    columns / 4,
    (j) => `let b_${j} = vec4f(${repeat(4, (e) => value(j * 4 + e), ", ")});`,
  );
  return `${loads}\n${vectors}`;
}

/** Each lane keeps `P` rows by `Q` columns of the result; the eight lanes have different rows. */
export function subgroupMatmul(options: MatmulOptions): Kernel {
  const { name, M, N, K, operands, activations, a, b, finish, batches = 1, parts = 1 } = options;
  const Q = N <= 8 ? 8 : 16;
  const P = [12, 8, 16, 6, 4, 2, 1].find((rows) => M % (rows * lanes) === 0) ??
    Math.min(12, Math.ceil(M / lanes));
  // Rows that are too many for one axis of the grid go on along the other.
  const [down, folds] = grid(Math.ceil(M / (P * lanes)), 1);
  const across = Math.ceil(N / Q);
  const terms = Math.ceil(K / parts);
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
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z / ${parts}u;
  let part = group.z % ${parts}u;
  let block = ${folds === 1 ? "group.y" : `group.x / ${across}u * ${down}u + group.y`};
  let row = (block * ${lanes}u + lane) * ${P}u;
  let column = ${folds === 1 ? "group.x" : `group.x % ${across}u`} * ${Q}u;
  ${repeat(P, (p) => `let m_${p} = min(row + ${p}u, ${M - 1}u);`, " ")}
  ${repeat(P, (p) => repeat(Q / 4, (j) => `var c_${p}_${j} = vec4f(0f);`, " "))}
  for (var k = part * ${terms}u; k < min((part + 1u) * ${terms}u, ${K}u); k++) {
    ${repeat(P, (p) => `let a_${p} = load_a(batch, m_${p}, k);`, " ")}
    ${broadcastColumns(Q, (offset) => `load_b(batch, k, min(column + ${offset}, ${N - 1}u))`)}
    ${
    repeat(P, (p) =>
      repeat(Q / 4, (j) =>
        `c_${p}_${j} = fma(vec4f(a_${p}), b_${j}, c_${p}_${j});`, " "))
  }
  }
  ${
    repeat(P, (p) =>
      store.calls({ columns: Q, name: `c_${p}`, head: `group.z, row + ${p}u`, column: "column" }))
  }
}`;
  return {
    name,
    code,
    workgroups: [across * folds, down, batches * parts],
    flops: 2 * batches * M * N * K,
  };
}
