/**
 * The update of parameters that live in host memory, in one pass.
 *
 * @module
 */
import { moveAverages } from "./averages.ts";
import { gradientDescent } from "./gradient_descent.ts";

/** What {@linkcode updateInHostMemory} takes. */
export interface HostUpdate {
  /** Arenas of gradients, added in this order; longer ones are read as far as the parameters go. */
  readonly gradients: readonly Float32Array[];
  /** What their sum is multiplied by: `1 / N` for the mean of N. */
  readonly scale: number;
  /** η. */
  readonly learningRate: number;
  /** d of the moving averages. */
  readonly averageDecay: number;
}

/** Elements that are taken through all steps before the next ones: they stay in the nearest cache. */
const block = 2048;

/**
 * `g = scale · Σ_t g_t`, `p ← p − η g`, `avg ← avg − (1 − d)(avg − p)` for every element, in place.
 */
export function updateInHostMemory(
  { parameters, averages }: { parameters: Float32Array; averages: Float32Array },
  { gradients, scale, learningRate, averageDecay }: HostUpdate,
): void {
  const sum = new Float32Array(Math.min(block, parameters.length));
  for (let start = 0; start < parameters.length; start += block) {
    const end = Math.min(start + block, parameters.length);
    const g = end - start === sum.length ? sum : sum.subarray(0, end - start);
    addInOrder(g, gradients.map((part) => part.subarray(start, end)));
    const p = parameters.subarray(start, end);
    gradientDescent(p, { gradients: g, learningRate: scale * learningRate });
    moveAverages(averages.subarray(start, end), { parameters: p, decay: averageDecay });
  }
}

/** `sum ← Σ_t x_t`, added in the order of the list. */
export function addInOrder(sum: Float32Array, [first, ...rest]: readonly Float32Array[]): void {
  sum.set(first);
  for (const x of rest) {
    for (let i = 0; i < sum.length; i++) sum[i] += x[i];
  }
}
