/**
 * The update of parameters that live in host memory, in one pass.
 *
 * @module
 */
/** What {@linkcode updateInHostMemory} takes. */
export interface HostUpdate {
  /** The sum of the towers' gradients; read as far as the parameters go. */
  readonly gradients: Float32Array;
  /** What it is multiplied by: `1 / N` for the mean of N. */
  readonly scale: number;
  /** η. */
  readonly learningRate: number;
  /** d of the moving averages. */
  readonly averageDecay: number;
}

/** `p ← p − η · scale · g`, `avg ← avg − (1 − d)(avg − p)` for every element, in place. */
export function updateInHostMemory(
  { parameters, averages }: { parameters: Float32Array; averages: Float32Array },
  { gradients, scale, learningRate, averageDecay }: HostUpdate,
): void {
  const rate = scale * learningRate, weight = 1 - averageDecay;
  // One loop for both: two would read and write the parameters twice.
  for (let i = 0; i < parameters.length; i++) {
    const next = parameters[i] - rate * gradients[i];
    parameters[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

/** `sum ← Σ_t x_t`, added in the order of the list; longer ones are read as far as the sum goes. */
export function addInOrder(sum: Float32Array, xs: readonly Float32Array[]): void {
  sum.set(xs[0].subarray(0, sum.length));
  for (let t = 1; t < xs.length; t++) add(sum, xs[t]);
}

function add(sum: Float32Array, x: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += x[i];
}
