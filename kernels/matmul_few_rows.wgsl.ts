/**
 * Products of a few rows with a large matrix, which take as long as reading it: what a dense layer does to one
 * picture.
 *
 * @module
 */
import { type Kernel, repeat, stored, wgsl } from "./kernel.ts";
import type { MatmulVariant } from "./matmul.wgsl.ts";
import { lanes as subgroupLanes } from "./matmul_subgroup.wgsl.ts";

/** A product to compute, `result = a · b`; `b` is stored as `K×N`. */
export interface FewRowsSizes {
  /** Rows of the result. */
  readonly M: number;
  /** Columns of the result. */
  readonly N: number;
  /** Terms of each sum. */
  readonly K: number;
}

/** Terms that eight lanes load at a time, four each. */
const depth = 4 * subgroupLanes;

/** Whether rows are few, and whole vectors. */
export function fitsFewRows({ M, N, K }: FewRowsSizes): boolean {
  return M <= 8 && N % 4 === 0 && K % 4 === 0;
}

/** Lanes of a workgroup, and vectors of columns of each: a processor reads fastest what lies in one piece. */
function shapeOf(N: number, variant: MatmulVariant): { lanes: number; V: number } {
  return variant === "subgroup"
    ? { lanes: subgroupLanes, V: Math.min(16, Math.ceil(N / (4 * subgroupLanes))) }
    : { lanes: 32, V: 1 };
}

/** Parts to cut the sums into, so that some tens of workgroups share the matrix. */
export function fewRowsParts(
  { N, K }: Pick<FewRowsSizes, "N" | "K">,
  variant: MatmulVariant,
): number {
  const { lanes, V } = shapeOf(N, variant);
  const across = Math.ceil(N / (4 * lanes * V));
  const wanted = variant === "subgroup" ? 16 : 512;
  return Math.max(1, Math.min(Math.floor(wanted / across), Math.floor(K / (4 * depth))));
}

/**
 * Sums of the terms of each of `parts`, `partials[part, m, n]`. Subgroups load terms of `a` together and
 * broadcast them; where loads of one place by all lanes are cheap, each lane loads them.
 */
export function fewRows(
  { M, N, K }: FewRowsSizes,
  { name, operands: [a, b], parts, variant }: {
    name: string;
    /** Names of the buffers; `a` holds activations. */
    operands: readonly [a: string, b: string];
    parts: number;
    variant: MatmulVariant;
  },
): Kernel {
  const { lanes, V } = shapeOf(N, variant);
  const share = Math.ceil(K / parts / depth) * depth;
  /** Adds four terms of every sum, from `k` on; those of row `m` of `a` are `t_m`. */
  const addFour = repeat(4, (i) =>
    `{
      let row = (k + ${i}u) * ${N / 4}u;
      ${repeat(V, (v) => `let b_${v} = ${b}[row + at_${v}];`, " ")}
      ${
      repeat(M, (m) =>
        `let s_${m} = vec4f(t_${m}[${i}]); ${
          repeat(V, (v) => `c_${m}_${v} = fma(s_${m}, b_${v}, c_${m}_${v});`, " ")
        }`)
    }
    }`);
  const load = (m: number, place: string) => `vec4f(${a}[${m * K / 4}u + ${place}])`;
  const loop = variant === "subgroup"
    ? `for (var start = first; start < end; start += ${depth}u) {
    ${repeat(M, (m) => `let a_${m} = ${load(m, `min(start / 4u + lane, ${K / 4 - 1}u)`)};`)}
    for (var k = start; k < min(start + ${depth}u, end); k += 4u) {
      ${repeat(M, (m) => `let t_${m} = subgroupShuffle(a_${m}, (k - start) / 4u);`)}
      ${addFour}
    }
  }`
    : `for (var k = first; k < end; k += 4u) {
    ${repeat(M, (m) => `let t_${m} = ${load(m, "k / 4u")};`)}
    ${addFour}
  }`;
  const code = wgsl`
@group(0) @binding(0) var<storage, read> ${a}: array<${stored("vec4f")}>;
@group(0) @binding(1) var<storage, read> ${b}: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * ${lanes * V}u + lane;
  ${repeat(V, (v) => `let at_${v} = min(column + ${v * lanes}u, ${N / 4 - 1}u);`, " ")}
  let first = group.y * ${share}u;
  let end = min(first + ${share}u, ${K}u);
  ${repeat(M, (m) => repeat(V, (v) => `var c_${m}_${v} = vec4f(0f);`, " "), " ")}
  ${loop}
  ${
    repeat(V, (v) =>
      `if (column + ${v * lanes}u < ${N / 4}u) {
    ${
        repeat(M, (m) => {
          const at = `(group.y * ${M}u + ${m}u) * ${N / 4}u + at_${v}`;
          return `partials[${at}] = c_${m}_${v};`;
        }, " ")
      }
  }`)
  }
}`;
  return {
    name,
    code,
    workgroups: [Math.ceil(N / (4 * lanes * V)), parts, 1],
    flops: 2 * M * N * K,
  };
}
