/**
 * Products of matrices whose rows are whole vectors of four, by tiles in registers.
 *
 * @module
 */
import { type Kernel, repeat, stored, wgsl } from "./kernel.ts";
import type { Finish } from "./matmul.wgsl.ts";
import { lanes } from "./matmul_subgroup.wgsl.ts";

/** A product to compute, `result[batch] = a[batch] · b[batch]`. */
export interface MatmulTilesOptions {
  /** The kernel's name. */
  readonly name: string;
  /** Rows of the result. */
  readonly M: number;
  /** Columns of the result. */
  readonly N: number;
  /** Terms of each sum. */
  readonly K: number;
  /** How many products of these sizes there are. Default 1. */
  readonly batches?: number;
  /** Names of the buffers. */
  readonly operands: readonly [a: string, b: string, result: string];
  /** Which of them hold activations. Default: none. */
  readonly activations?: readonly string[];
  /** Whether `a` is stored as `K×M`. */
  readonly transposeA?: boolean;
  /** Whether `b` is stored as `N×K`. */
  readonly transposeB?: boolean;
  /** What becomes of a sum before it is stored. Default: nothing. */
  readonly finish?: Finish;
  /** Where the operands lie. Default: each in one piece, batch after batch. */
  readonly layout?: TilesLayout;
}

/** Operands whose rows lie apart, and sums whose terms come in several pieces. */
export interface TilesLayout {
  /** Elements from a stored row to the next, multiples of four. */
  readonly strides: { readonly a: number; readonly b: number; readonly result: number };
  /** Pieces of each sum; `K` is the number of terms of one. */
  readonly sections: number;
  /**
   * WGSL statements that find, from `batch` and `section`, the elements `start_a` and `start_b` where a
   * piece starts, and whether it is `inside`: if not, it counts as 0. `row` and `column` are taken.
   */
  readonly find: string;
  /** WGSL for the element where the result of `batch` starts. */
  readonly result: string;
}

/** The layout of a product whose operands lie each in one piece. */
function plainLayout(
  { M, N, K, transposeA, transposeB }: Omit<MatmulTilesOptions, "name" | "operands">,
): TilesLayout {
  return {
    strides: { a: transposeA ? M : K, b: transposeB ? K : N, result: N },
    sections: 1,
    find: `let start_a = batch * ${M * K}u;
    let start_b = batch * ${K * N}u;`,
    result: `batch * ${M * N}u`,
  };
}

/** Rows of the result that a workgroup computes; small products are not worth the longer compilation. */
function rowsOf(
  { M, N, K, batches = 1, layout }: Omit<MatmulTilesOptions, "name" | "operands">,
): number {
  return batches * M * N * K * (layout?.sections ?? 1) < 2 ** 25 ? 16 : 32;
}

/** Whether {@linkcode matmulTiles} can compute a product: what lies side by side is a multiple of four. */
export function fitsTiles(
  { M, N, K, transposeA = false, transposeB = false }: Omit<
    MatmulTilesOptions,
    "name" | "operands"
  >,
): boolean {
  return N % 4 === 0 && (transposeA ? M : K) % 4 === 0 && (!transposeB || K % 4 === 0);
}

/**
 * A workgroup computes 32×64 sums. For four terms its lanes load 32 rows of `a` together, four vectors
 * each, and broadcast them; each lane holds eight columns of `b`. A vector costs only twice what a
 * number costs to load.
 *
 * Rows and columns beyond the last are computed from whatever lies there and not stored.
 */
export function matmulTiles(options: MatmulTilesOptions): Kernel {
  const { name, M, N, K, batches = 1, operands, transposeA, transposeB, finish } = options;
  const { activations = [], layout = plainLayout(options) } = options;
  const { strides, sections } = layout;
  const [a, b, result] = operands;
  const typeOf = (name: string) => activations.includes(name) ? stored("vec4f") : "vec4f";
  const rows = rowsOf(options);
  const V = N > 32 ? 2 : 1;
  const across = Math.ceil(N / (32 * V));
  const firstBias = finish?.bias === "each batch" ? `batch * ${N / 4}u + ` : "";
  const eachSection = options.layout
    ? `for (var section = 0u; section < ${sections}u; section++)`
    : "";
  const code = wgsl`
@group(0) @binding(0) var<storage, read> ${a}: array<${typeOf(a)}>;
@group(0) @binding(1) var<storage, read> ${b}: array<${typeOf(b)}>;
${finish?.bias ? "@group(0) @binding(2) var<storage, read> b: array<vec4f>;" : ""}
@group(0) @binding(${finish?.bias ? 3 : 2}) var<storage, read_write> ${result}: array<${
    typeOf(result)
  }>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x / ${across}u * ${rows}u;
  let column = group.x % ${across}u * ${lanes * V}u + lane;
  let batch = group.y;
  ${repeat(rows, (m) => repeat(V, (v) => `var c_${m}_${v} = vec4f(0f);`, " "))}
  ${eachSection} {
    ${layout.find}
    ${options.layout ? "if (!inside) { continue; }" : ""}
    var at_a = start_a / 4u + ${
    transposeA ? "row / 4u + lane" : `(row + lane) * ${strides.a / 4}u`
  };
    var at_b = start_b / 4u + ${transposeB ? `column * ${strides.b}u` : "column"};
    for (var k = 0u; k < ${K}u; k += 4u) {
    ${loadA(options, strides.a)}
    ${loadB(options, { V, stride: strides.b })}
    ${
    repeat(rows, (m) =>
      `{
      ${repeat(4, (k) => `let s_${k} = vec4f(${broadcastA(m, k, transposeA)});`, " ")}
      ${
        repeat(V, (v) =>
          repeat(4, (k) => `c_${m}_${v} = fma(s_${k}, b_${k}_${v}, c_${m}_${v});`, " "))
      }
    }`)
  }
    at_a += ${transposeA ? strides.a : 1}u;
    at_b += ${transposeB ? 1 : strides.b}u;
    }
  }
  ${
    repeat(V, (v) =>
      `if (column + ${v * lanes}u < ${N / 4}u) {
    let at = (${layout.result}) / 4u + row * ${strides.result / 4}u + column + ${v * lanes}u;
    let bias = ${finish?.bias ? `b[${firstBias}column + ${v * lanes}u]` : "vec4f(0f)"};
    ${
        repeat(rows, (m) => {
          const sum = finish?.bias ? `c_${m}_${v} + bias` : `c_${m}_${v}`;
          const value = finish?.relu ? `max(${sum}, vec4f(0f))` : sum;
          const store = `${result}[at + ${m * strides.result / 4}u] = ${typeOf(result)}(${value});`;
          return M % rows === 0 ? store : `if (row + ${m}u < ${M}u) { ${store} }`;
        })
      }
  }`)
  }
}`;
  const workgroups = [Math.ceil(M / rows) * across, batches, 1] as const;
  return { name, code, workgroups, flops: 2 * batches * M * N * K * sections };
}

/** Loads four terms of the workgroup's rows. */
function loadA(options: MatmulTilesOptions, stride: number): string {
  const { operands: [a], K, transposeA } = options;
  return transposeA
    ? repeat(4, (k) => `let a_${k} = ${withinSum(K, k, `vec4f(${a}[at_a + ${k * stride / 4}u])`)};`)
    : repeat(
      rowsOf(options) / lanes,
      (j) => `let a_${j} = vec4f(${a}[at_a + ${j * lanes * stride / 4}u]);`,
    );
}

/** The number of row `m` and term `k`, which some lane holds. */
function broadcastA(m: number, k: number, transposeA = false): string {
  return transposeA
    ? `subgroupBroadcast(a_${k}[${m & 3}], ${m >> 2}u)`
    : `subgroupBroadcast(a_${m >> 3}[${k}], ${m & 7}u)`;
}

/** Loads four terms of the lane's columns, as `b_k_v`. */
function loadB(
  { operands: [, b], K, transposeB }: MatmulTilesOptions,
  { V, stride }: { V: number; stride: number },
): string {
  return repeat(V, (v) => {
    if (!transposeB) {
      return repeat(4, (k) => {
        const load = `vec4f(${b}[at_b + ${k * stride / 4 + v * lanes}u])`;
        return `let b_${k}_${v} = ${withinSum(K, k, load)};`;
      });
    }
    const columns = repeat(
      4,
      (j) => `let t_${j}_${v} = vec4f(${b}[at_b + ${(v * 32 + j) * stride / 4}u]);`,
    );
    const turned = repeat(
      4,
      (k) => `let b_${k}_${v} = vec4f(${repeat(4, (j) => `t_${j}_${v}[${k}]`, ", ")});`,
    );
    return `${columns}\n${turned}`;
  });
}

/** What lies beyond the last term counts as 0. */
function withinSum(K: number, term: number, load: string): string {
  return K % 4 === 0 ? load : `select(vec4f(0f), ${load}, k + ${term}u < ${K}u)`;
}
