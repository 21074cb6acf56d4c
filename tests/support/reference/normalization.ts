/** Batch and layer normalization: `y = γ (x − μ) / √(σ² + ε) + β`. */
import { type Array64, map, type Reference, zeros } from "./array.ts";

/** What both take; γ and β have one number for each channel, the last axis. */
export interface NormalizedInputs {
  readonly x: Array64;
  readonly gamma: Array64;
  readonly beta: Array64;
}

/** What batch normalization takes besides. */
export interface BatchNormInputs extends NormalizedInputs {
  readonly mean: Array64;
  readonly variance: Array64;
}

/** Normalized over the channels of each row or pixel. */
export function layerNorm(
  inputs: NormalizedInputs,
  { epsilon }: { epsilon: number },
): Reference<"x" | "gamma" | "beta"> {
  const C = inputs.gamma.data.length;
  return normalized(inputs, { epsilon, groupOf: (i) => Math.floor(i / C) });
}

/**
 * Normalized over all rows or pixels of a channel, in training by their mean and biased variance. What
 * stands for the gradients of the running ones is what a step takes away: `(1 − m)(running − batch)`,
 * with the unbiased variance; nothing in inference.
 */
export function batchNorm(
  { mean, variance, ...inputs }: BatchNormInputs,
  { epsilon, momentum, training }: { epsilon: number; momentum: number; training: boolean },
): Reference<"x" | "gamma" | "beta" | "mean" | "variance"> {
  const C = inputs.gamma.data.length;
  const M = inputs.x.data.length / C;
  const constants = training ? undefined : { mean: mean.data, variance: variance.data };
  const result = normalized(inputs, { epsilon, groupOf: (i) => i % C, constants });
  return {
    y: result.y,
    pullback: (dy) => ({
      ...result.pullback(dy),
      mean: map(mean, (running, c) => (1 - momentum) * (running - result.mean[c])),
      variance: map(variance, (running, c) => {
        const batch = training ? result.variance[c] * M / (M - 1) : running;
        return (1 - momentum) * (running - batch);
      }),
    }),
  };
}

interface Statistics {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

function normalized(
  { x, gamma, beta }: NormalizedInputs,
  { epsilon, groupOf, constants }: {
    epsilon: number;
    /** Whose mean and variance an element is normalized by. */
    groupOf: (index: number) => number;
    /** Means and variances that do not depend on `x`. */
    constants?: Statistics;
  },
): Reference<"x" | "gamma" | "beta"> & Statistics {
  const C = gamma.data.length;
  const groups = 1 + Math.max(...Array.from(x.data, (_, i) => groupOf(i)));
  const size = x.data.length / groups;
  const sums = (term: (i: number) => number) => {
    const totals = new Float64Array(groups);
    x.data.forEach((_, i) => totals[groupOf(i)] += term(i));
    return totals;
  };
  const mean = constants?.mean ?? sums((i) => x.data[i]).map((sum) => sum / size);
  const centered = map(x, (value, i) => value - mean[groupOf(i)]).data;
  const variance = constants?.variance ?? sums((i) => centered[i] ** 2).map((sum) => sum / size);
  const deviation = variance.map((value) => Math.sqrt(value + epsilon));
  const standard = map(x, (_, i) => centered[i] / deviation[groupOf(i)]);
  return {
    mean,
    variance,
    y: map(standard, (value, i) => gamma.data[i % C] * value + beta.data[i % C]),
    pullback(dy) {
      const dGamma = zeros([C]), dBeta = zeros([C]);
      dy.data.forEach((slope, i) => {
        dGamma.data[i % C] += slope * standard.data[i];
        dBeta.data[i % C] += slope;
      });
      // As in the paper: through variance and mean, each a function of x.
      const slope = (i: number) => dy.data[i] * gamma.data[i % C];
      const dVariance = sums((i) => slope(i) * centered[i] * -0.5 * deviation[groupOf(i)] ** -3);
      const dMean = sums((i) => -slope(i) / deviation[groupOf(i)]);
      const dx = map(x, (_, i) => {
        const g = groupOf(i);
        const direct = slope(i) / deviation[g];
        if (constants) return direct;
        return direct + dVariance[g] * 2 * centered[i] / size + dMean[g] / size;
      });
      return { x: dx, gamma: dGamma, beta: dBeta };
    },
  };
}
