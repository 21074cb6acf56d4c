/**
 * The update of parameters that live in host memory, in one pass.
 *
 * @module
 */
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

/** Elements that are added up and used before the next ones: they stay in the nearest cache. */
const block = 4096;

/**
 * `g = scale · Σ_t g_t`, `p ← p − η g`, `avg ← avg − (1 − d)(avg − p)` for every element, in place.
 */
export function updateInHostMemory(
  { parameters, averages }: { parameters: Float32Array; averages: Float32Array },
  { gradients, scale, learningRate, averageDecay }: HostUpdate,
): void {
  const rates = { rate: scale * learningRate, weight: 1 - averageDecay };
  if (gradients.length === 1) return descend(parameters, averages, gradients[0], rates);
  const sum = new Float32Array(block);
  for (let start = 0; start < parameters.length; start += block) {
    const end = Math.min(start + block, parameters.length);
    const of = (arena: Float32Array) => arena.subarray(start, end);
    addInOrder(sum.subarray(0, end - start), gradients.map(of));
    descend(of(parameters), of(averages), sum, rates);
  }
}

/** One loop for both: two would read and write the parameters twice. */
function descend(
  p: Float32Array,
  averages: Float32Array,
  g: Float32Array,
  { rate, weight }: { rate: number; weight: number },
): void {
  for (let i = 0; i < p.length; i++) {
    const next = p[i] - rate * g[i];
    p[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

/** `sum ← Σ_t x_t`, added in the order of the list. */
export function addInOrder(sum: Float32Array, [first, ...rest]: readonly Float32Array[]): void {
  sum.set(first);
  for (const x of rest) {
    for (let i = 0; i < sum.length; i++) sum[i] += x[i];
  }
}
