/**
 * Matrix products over whatever can be read as a matrix: `c[m, n] = Σ_k a(m, k) · b(k, n)`.
 *
 * Convolutions and dense layers, forward and backward, are products whose operands are looked at in
 * different ways; the two ways to compute a product are in files of their own.
 *
 * @module
 */
import { type Kernel, repeat, stored } from "./kernel.ts";
import { subgroupMatmul } from "./matmul_subgroup.wgsl.ts";
import { workgroupMatmul } from "./matmul_workgroup.wgsl.ts";

/**
 * How a product is computed. `subgroup`: large tiles in registers, one operand loaded once for eight
 * lanes and broadcast; for drivers that run on a processor, where a load costs as much as twenty
 * multiply-adds. `workgroup`: tiles in workgroup memory; for graphics cards.
 */
export type MatmulVariant = "subgroup" | "workgroup";

/** What becomes of a sum before it is stored: a bias is added where there is one, ReLU after. */
export interface Finish {
  /** Whether a buffer `b` of `N` numbers is bound, after all others, and added; or one of `batches × N`. */
  readonly bias: boolean | "each batch";
  /** Whether negative results become 0. */
  readonly relu: boolean;
}

/** A product to compute. */
export interface MatmulOptions {
  /** The kernel's name. */
  readonly name: string;
  /** Rows of the result. */
  readonly M: number;
  /** Columns of the result. */
  readonly N: number;
  /** Terms of each sum. */
  readonly K: number;
  /** Names of the buffers; the result is `[batches, parts, M, N]` if not said otherwise. */
  readonly operands: readonly [a: string, b: string, result: string];
  /** Which of them hold activations. Default: none. */
  readonly activations?: readonly string[];
  /** Body of `fn load_a(batch: u32, m: u32, k: u32) -> f32`, for `m < M`, `k < K`. */
  readonly a: string;
  /** Body of `fn load_b(batch: u32, k: u32, n: u32) -> f32`, for `k < K`, `n < N`. */
  readonly b: string;
  /** The index of which neighbours lie side by side in memory. Default: `k` for `a`, `n` for `b`. */
  readonly contiguous?: { readonly a?: "k" | "m"; readonly b?: "n" | "k" };
  /**
   * WGSL for the element of the result at which row `m` of `slice` starts, that is of `batch × parts + part`.
   * Default: rows lie one after the other.
   */
  readonly at?: string;
  /** What becomes of a sum before it is stored. Default: nothing. */
  readonly finish?: Finish;
  /** How many products of these sizes there are. Default 1. */
  readonly batches?: number;
  /** Parts that the sum over `k` is cut into, each stored for itself. Default 1. */
  readonly parts?: number;
}

/**
 * The kernel of a product.
 *
 * @example `c = a bᵀ` of two matrices of one shape
 * ```ts
 * import { matmul } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const [N, K] = [32, 100];
 * const kernel = matmul({
 *   name: "similarities",
 *   M: N,
 *   N,
 *   K,
 *   operands: ["a", "b", "c"],
 *   a: `return a[m * ${K}u + k];`,
 *   b: `return b[n * ${K}u + k];`,
 * }, "workgroup"); // in a layer, record.matmulVariant("similarities")
 * assertEquals(kernel.flops, 2 * N * N * K);
 * ```
 */
export function matmul(options: MatmulOptions, variant: MatmulVariant): Kernel {
  return variant === "subgroup" ? subgroupMatmul(options) : workgroupMatmul(options);
}

/**
 * WGSL to store sums of columns `n …` of one row at `at`: four at a time where the columns allow it, as
 * loads and stores are what costs.
 */
export interface Store {
  /** Declarations of the result and of the bias, and the function `put`. */
  readonly declarations: string;
  /** Calls of `put` for `columns` sums that lie in vectors `name_0 …`. */
  readonly calls: (
    options: { columns: number; name: string; head: string; column: string },
  ) => string;
}

/** Storing into `result`, bound at 2, the bias after it; `inside` guards a row. */
export function storeColumns(options: {
  readonly result: string;
  /** Whether the result is among these. */
  readonly activations?: readonly string[];
  readonly N: number;
  /** With a bias for each batch, a parameter of `put` is the `slice`. */
  readonly finish?: Finish;
  /** Parameters of `put` that come before column and sum. */
  readonly head: string;
  /** Whether the row is to be stored, in terms of them. */
  readonly inside: string;
  /** The element of the row's first column, in terms of them. */
  readonly at: string;
}): Store {
  const { result, activations = [], N, finish, head, inside, at } = options;
  const V = N % 4 === 0 ? 4 : 1;
  const type = V === 4 ? "vec4f" : "f32";
  const kept = activations.includes(result) ? stored(type) : type;
  const over = V === 4 ? " / 4u" : "";
  const element = finish?.bias === "each batch" ? `(slice * ${N}u + column)` : "column";
  const biased = finish?.bias ? `sum + b[${element}${over}]` : "sum";
  const value = finish?.relu ? `max(${biased}, ${type}(0f))` : biased;
  return {
    declarations: `@group(0) @binding(2) var<storage, read_write> ${result}: array<${kept}>;
${finish?.bias ? `@group(0) @binding(3) var<storage, read> b: array<${type}>;` : ""}
fn put(${head}, column: u32, sum: ${type}) {
  if (${inside} && column < ${N}u) { ${result}[(${at} + column)${over}] = ${kept}(${value}); }
}`,
    calls: ({ columns, name, head, column }) =>
      repeat(columns / V, (i) => {
        const sum = V === 4 ? `${name}_${i}` : `${name}_${i >> 2}[${i & 3}]`;
        return `put(${head}, ${column} + ${i * V}u, ${sum});`;
      }, " "),
  };
}

/** The declarations of the buffers that are read, bound at 0 and 1. */
export function readOperands(
  { operands: [a, b], activations = [] }: Pick<MatmulOptions, "operands" | "activations">,
): string {
  const type = (name: string) => activations.includes(name) ? stored("f32") : "f32";
  return `@group(0) @binding(0) var<storage, read> ${a}: array<${type(a)}>;
@group(0) @binding(1) var<storage, read> ${b}: array<${type(b)}>;`;
}

/**
 * Parts to cut a long sum into, so that a product with a small result keeps the whole adapter busy, a graphics
 * card with more than a processor: a power of two of at most `limit`.
 */
export function partsFor(workgroups: number, limit: number, variant: MatmulVariant): number {
  const wanted = (variant === "subgroup" ? 128 : 512) / workgroups;
  return 2 **
    Math.max(0, Math.min(Math.ceil(Math.log2(wanted)), Math.floor(Math.log2(Math.max(1, limit)))));
}
