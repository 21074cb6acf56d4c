/**
 * What batch and layer normalization share.
 *
 * @module
 */
import { columnSums } from "../../kernels/column_sums.wgsl.ts";
import { partsOf } from "../../kernels/moments.wgsl.ts";
import { normalizeParameterGradient, type NormalizeSizes } from "../../kernels/normalize.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Tensor } from "../gpu/tensor.ts";
import { constantInitializer, type ParameterSpec } from "../parameters.ts";
import { ShapeError } from "../shape.ts";
import type { Parameter } from "./layer.ts";

/** γ, which starts from the given number, and β, which starts from 0; one of each a channel. */
export function affineParameters(
  C: number,
  gamma: number,
): Record<"gamma" | "beta", ParameterSpec> {
  return {
    gamma: { shape: [C], initial: constantInitializer(gamma) },
    beta: { shape: [C], initial: constantInitializer(0) },
  };
}

/** @throws {ShapeError} if ε is not above 0 */
export function requireEpsilon(name: string, epsilon: number): void {
  if (epsilon > 0 && epsilon < Infinity) return;
  throw new ShapeError(`Cannot build ${name}: needs an epsilon above 0, got ${epsilon}`);
}

/** Channels, and how many numbers each of them has. */
export function tableOf(shape: readonly number[]): { rows: number; C: number } {
  return {
    rows: shape.slice(0, -1).reduce((a, b) => a * b, 1),
    C: shape[shape.length - 1],
  };
}

/** Records `dγ` and `dβ`. */
export function recordAffineGradient(
  record: Recorder,
  { sizes, gamma, beta, ...tensors }: {
    sizes: NormalizeSizes;
    x: Tensor;
    mean: Tensor;
    variance: Tensor;
    dy: Tensor;
    gamma: Parameter;
    beta: Parameter;
  },
): void {
  const parts = partsOf(sizes.rows);
  const gamma_partials = record.tensor([parts, sizes.C], "gamma partials");
  const beta_partials = record.tensor([parts, sizes.C], "beta partials");
  record.dispatch(normalizeParameterGradient(sizes), {
    ...tensors,
    gamma_partials,
    beta_partials,
  });
  const sums = columnSums({ rows: parts, columns: sizes.C, kind: record.target.kind });
  record.dispatch(sums, { x: gamma_partials, total: gamma.gradient });
  record.dispatch(sums, { x: beta_partials, total: beta.gradient });
}
