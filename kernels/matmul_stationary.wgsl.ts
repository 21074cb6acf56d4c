/**
 * Products of a tall matrix with a small one that stays in registers.
 *
 * @module
 */
import { type Kernel, repeat, wgsl } from "./kernel.ts";
import { lanes } from "./matmul_subgroup.wgsl.ts";

/** A product to compute, `result[batch] = a[batch] · b[batch]`; `b` is stored as `K×N`. */
export interface MatmulStationaryOptions {
  /** The kernel's name. */
  readonly name: string;
  /** Rows of the result. */
  readonly M: number;
  /** Columns of the result. */
  readonly N: number;
  /** Terms of each sum. */
  readonly K: number;
  /** How many products of these sizes there are. */
  readonly batches: number;
  /** Names of the buffers. */
  readonly operands: readonly [a: string, b: string, result: string];
}

/** Whether sizes are whole vectors, and `b` small enough to stay where a processor has its stack. */
export function fitsStationary({ N, K }: Pick<MatmulStationaryOptions, "N" | "K">): boolean {
  return N % 4 === 0 && K % 4 === 0 && K * vectorsOf(N) <= 128;
}

/** Vectors of columns that a lane holds. */
function vectorsOf(N: number): number {
  return N > 32 ? 2 : 1;
}

/**
 * A workgroup loads 64 columns of `b` once, eight to a lane, and keeps them while it goes down its share
 * of the rows. It loads eight rows of `a` at a time, one to a lane, then broadcasts one after the other:
 * its sums need no more than a few registers, and live no longer than their row.
 */
export function matmulStationary(options: MatmulStationaryOptions): Kernel {
  const { name, M, N, K, batches, operands: [a, b, result] } = options;
  const V = vectorsOf(N);
  const across = Math.ceil(N / (32 * V));
  const down = Math.ceil(M / 288);
  const share = Math.ceil(M / down / lanes) * lanes;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> ${a}: array<vec4f>;
@group(0) @binding(1) var<storage, read> ${b}: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> ${result}: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x % ${across}u * ${lanes * V}u + lane;
  let at_b = group.y * ${K * N / 4}u + column;
  ${
    repeat(K, (k) =>
      repeat(V, (v) => `let b_${k}_${v} = ${b}[at_b + ${k * N / 4 + v * lanes}u];`, " "))
  }
  let first = group.x / ${across}u * ${share}u;
  let last = min(first + ${share}u, ${M}u);
  for (var rows = first; rows < last; rows += ${lanes}u) {
    let at_a = (group.y * ${M}u + rows + lane) * ${K / 4}u;
    ${repeat(K / 4, (k) => `let a_${k} = ${a}[at_a + ${k}u];`)}
    for (var row = rows; row < min(rows + ${lanes}u, last); row++) {
      ${repeat(V, (v) => `var c_${v} = vec4f(0f);`, " ")}
      ${
    repeat(K, (k) =>
      `{
        let s = vec4f(subgroupShuffle(a_${k >> 2}[${k & 3}], row - rows));
        ${repeat(V, (v) => `c_${v} = fma(s, b_${k}_${v}, c_${v});`, " ")}
      }`)
  }
      let at = (group.y * ${M}u + row) * ${N / 4}u + column;
      ${
    repeat(V, (v) => {
      const store = `${result}[at + ${v * lanes}u] = c_${v};`;
      return N % (32 * V) === 0 ? store : `if (column + ${v * lanes}u < ${N / 4}u) { ${store} }`;
    })
  }
    }
  }
}`;
  return { name, code, workgroups: [across * down, batches, 1], flops: 2 * batches * M * N * K };
}
