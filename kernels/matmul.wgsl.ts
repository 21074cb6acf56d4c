/**
 * Matrix products over whatever can be read as a matrix: `c[m, n] = Σ_k a(m, k) · b(k, n)`.
 *
 * Convolutions and dense layers, forward and backward, are products whose operands are looked at in
 * different ways; the two ways to compute a product are in files of their own.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import { subgroupMatmul } from "./matmul_subgroup.wgsl.ts";
import { workgroupMatmul } from "./matmul_workgroup.wgsl.ts";

/**
 * How a product is computed. `subgroup`: large tiles in registers, one operand loaded once for eight
 * lanes and broadcast; for drivers that run on a processor, where a load costs as much as twenty
 * multiply-adds. `workgroup`: tiles in workgroup memory; for graphics cards.
 */
export type MatmulVariant = "subgroup" | "workgroup";

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
  /** Declarations of the operands' buffers, from binding 0 on. */
  readonly buffers: readonly string[];
  /** Body of `fn load_a(batch: u32, m: u32, k: u32) -> f32`, for `m < M`, `k < K`. */
  readonly a: string;
  /** Body of `fn load_b(batch: u32, k: u32, n: u32) -> f32`, for `k < K`, `n < N`. */
  readonly b: string;
  /** The name of the result, a buffer `[batches, parts, M, N]`. */
  readonly result: string;
  /** The value to store, in terms of `sum`, `m` and `n`. Default `sum`. */
  readonly store?: string;
  /** How many products of these sizes there are. Default 1. */
  readonly batches?: number;
  /** Parts that the sum over `k` is cut into, each stored for itself. Default 1. */
  readonly parts?: number;
}

/** The kernel of a product. */
export function matmul(options: MatmulOptions, variant: MatmulVariant): Kernel {
  return variant === "subgroup" ? subgroupMatmul(options) : workgroupMatmul(options);
}

/** The declaration of a buffer of numbers. */
export function buffer(
  index: number,
  name: string,
  access: "read" | "read_write" = "read",
): string {
  return `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<f32>;`;
}

/**
 * Parts to cut a long sum into, so that a product with a small result keeps the whole adapter busy:
 * a power of two of at most `limit`.
 */
export function partsFor(workgroups: number, limit: number): number {
  const wanted = 128 / workgroups;
  return 2 **
    Math.max(0, Math.min(Math.ceil(Math.log2(wanted)), Math.floor(Math.log2(Math.max(1, limit)))));
}
