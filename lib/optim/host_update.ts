/**
 * The update of parameters that live in host memory, in one pass.
 *
 * @module
 */
import { clipEpsilon } from "../../kernels/clip.wgsl.ts";
import { gradientDescent, type Optimizer } from "./optimizers.ts";

/** What {@linkcode updateInHostMemory} changes. */
export interface HostArenas {
  /** The parameters. */
  readonly parameters: Float32Array;
  /** Their moving averages. */
  readonly averages: Float32Array;
  /** The optimizer's arrays, in the order of its {@linkcode slotsOf}. Default: none. */
  readonly slots?: readonly Float32Array[];
}

/** What {@linkcode updateInHostMemory} takes. */
export interface HostUpdate {
  /** The sum of the towers' gradients; read as far as the parameters go. */
  readonly gradients: Float32Array;
  /** What it is multiplied by: `1 / N` for the mean of N. */
  readonly scale: number;
  /** η. */
  readonly learningRate: number;
  /** `1 − d` of the moving averages. */
  readonly averageWeight: number;
  /** Default {@linkcode gradientDescent}. */
  readonly optimizer?: Optimizer;
  /** See {@linkcode biasCorrectionsAt}. Default 1 and 1. */
  readonly corrections?: readonly [number, number];
  /** Parameters that the optimizer trains; of those behind them `g` is taken away as it is. Default: all. */
  readonly trained?: number;
  /** The greatest norm of the mean gradient of the trained ones. Default: no limit. */
  readonly clipNorm?: number;
}

/**
 * The optimizer's update of every element, and `avg ← avg − (1 − d)(avg − p)`, in place.
 *
 * @example
 * ```ts
 * import { adam, biasCorrectionsAt, slotsOf, updateInHostMemory } from "@tower/nn/optim";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const optimizer = adam();
 * const parameters = Float32Array.of(1, 2), averages = parameters.slice();
 * const slots = slotsOf(optimizer).map(() => new Float32Array(2)); // its mean and square
 * updateInHostMemory({ parameters, averages, slots }, {
 *   gradients: Float32Array.of(0.5, -0.5),
 *   scale: 1,
 *   learningRate: 0.1,
 *   averageWeight: 0.5,
 *   optimizer,
 *   corrections: biasCorrectionsAt(optimizer, 0),
 * });
 * assertAlmostEquals(parameters[0], 0.9, 1e-6); // Adam's first step has the size of the rate
 * assertAlmostEquals(averages[0], 0.95, 1e-6);
 * ```
 */
export function updateInHostMemory(arenas: HostArenas, update: HostUpdate): void {
  const { parameters, averages } = arenas;
  const { gradients, averageWeight: weight, optimizer = gradientDescent() } = update;
  const { trained = parameters.length } = update;
  const scale = update.scale * clipOf(update, trained);
  const rule = { ...update, scale, trained, weight, slots: arenas.slots ?? [] };
  if (optimizer.kind === "gradient-descent") descend(arenas, rule);
  else if (optimizer.kind === "momentum") descendWithMomentum(arenas, { ...rule, optimizer });
  else if (optimizer.kind === "adam") descendByAdam(arenas, { ...rule, optimizer });
  else descendByRmsProp(arenas, { ...rule, optimizer });
  for (let i = trained; i < parameters.length; i++) {
    const next = parameters[i] - update.scale * gradients[i];
    parameters[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

/** What the gradient is multiplied by so that its norm stays below the limit. */
function clipOf({ gradients, scale, clipNorm }: HostUpdate, trained: number): number {
  if (clipNorm === undefined) return 1;
  let sum = 0;
  for (let i = 0; i < trained; i++) sum += gradients[i] * gradients[i];
  return Math.min(1, clipNorm / (scale * Math.sqrt(sum) + clipEpsilon));
}

/** What each rule works with. */
interface RuleInput {
  readonly gradients: Float32Array;
  readonly slots: readonly Float32Array[];
  readonly scale: number;
  readonly learningRate: number;
  readonly trained: number;
  readonly weight: number;
  readonly corrections?: readonly [number, number];
}

type RuleOf<Kind extends Optimizer["kind"]> = RuleInput & {
  readonly optimizer: Extract<Optimizer, { kind: Kind }>;
};

// One loop for parameters, state and averages: several would read and write the parameters as often.

function descend(
  { parameters, averages }: HostArenas,
  { gradients, scale, learningRate, trained, weight }: RuleInput,
): void {
  const rate = scale * learningRate;
  for (let i = 0; i < trained; i++) {
    const next = parameters[i] - rate * gradients[i];
    parameters[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

function descendWithMomentum(
  { parameters, averages }: HostArenas,
  { gradients, slots: [buffer], scale, learningRate, trained, weight, optimizer }: RuleOf<
    "momentum"
  >,
): void {
  const { momentum, nesterov } = optimizer;
  for (let i = 0; i < trained; i++) {
    const g = scale * gradients[i];
    const b = momentum * buffer[i] + g;
    buffer[i] = b;
    const next = parameters[i] - learningRate * (nesterov ? g + momentum * b : b);
    parameters[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

function descendByAdam(
  { parameters, averages }: HostArenas,
  { gradients, slots: [mean, square], scale, learningRate, trained, weight, ...rest }: RuleOf<
    "adam"
  >,
): void {
  const { corrections: [ofMean, ofRoot] = [1, 1], optimizer: { beta1, beta2, epsilon, decay } } =
    rest;
  for (let i = 0; i < trained; i++) {
    const g = scale * gradients[i];
    const m = beta1 * mean[i] + (1 - beta1) * g;
    const v = beta2 * square[i] + (1 - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    const kept = parameters[i] * (1 - learningRate * decay);
    const next = kept - learningRate * (m * ofMean) / (Math.sqrt(v) * ofRoot + epsilon);
    parameters[i] = next;
    averages[i] -= weight * (averages[i] - next);
  }
}

function descendByRmsProp(
  { parameters, averages }: HostArenas,
  { gradients, slots: [square], scale, learningRate, trained, weight, optimizer }: RuleOf<
    "rms-prop"
  >,
): void {
  const { decay, epsilon } = optimizer;
  for (let i = 0; i < trained; i++) {
    const g = scale * gradients[i];
    const v = decay * square[i] + (1 - decay) * g * g;
    square[i] = v;
    const next = parameters[i] - learningRate * g / (Math.sqrt(v) + epsilon);
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
