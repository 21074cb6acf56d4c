/**
 * Gradients against central differences.
 *
 * For `L = ⟨dy, f(inputs)⟩` and inputs moved to `x₊` and `x₋`, the change `L(x₊) − L(x₋)` must be
 * `⟨g, x₊ − x₋⟩`. That is exact where `f` is linear, and off by `O(step²)` where it is smooth; it says
 * nothing where a step crosses a kink, so inputs have to keep clear of them:
 * - max pooling: no two values closer than twice the step;
 * - ReLU: no value closer to 0 than the step; where it is fused behind a sum, biases past the largest sum,
 *   positive and negative, which leave each channel on or off everywhere.
 *
 * Which pixels are on within a channel is then not tested here.
 *
 * @module
 */
import { Rng } from "../rng.ts";

/** A gradient is not that of what is computed. */
export class GradientError extends Error {
  /** The name of the class. */
  override readonly name: string = "GradientError";
}

/** Numbers in row-major order. */
export interface ShapedNumbers {
  /** Sizes along its axes. */
  readonly shape: readonly number[];
  /** Their values. */
  readonly data: Float64Array;
}

/** What precision `f` computes in: how far to step, and how near is near enough. */
export interface Precision {
  /** How far each element moves to either side; a power of two, so that little is lost in adding it. */
  readonly step: number;
  /** Allowed error, relative to the size of the gradient. */
  readonly tolerance: number;
  /** The rounding error of `f`, relative to the size of its values. */
  readonly rounding: number;
}

/** Of references: at this step the `step²` term and rounding both stay under 1e-9. */
export const float64: Precision = { step: 2 ** -17, tolerance: 1e-7, rounding: 2 ** -50 };

/**
 * Of kernels: rounding is divided by the step, so the step is large and the `step²` term leads; with
 * values and derivatives of size 1 it is under 1e-3. A linear `f` may take a step of 1 and a tenth of
 * the tolerance.
 */
export const float32: Precision = { step: 2 ** -5, tolerance: 2e-3, rounding: 2 ** -22 };

/** What {@linkcode checkGradients} checks. */
export interface GradientCheck<Input extends string> {
  /** What is checked, for the message. */
  readonly name: string;
  /** The function, on inputs near the given ones: a float64 reference or a run on the adapter. */
  readonly f: (
    inputs: Record<Input, ShapedNumbers>,
  ) => ArrayLike<number> | Promise<ArrayLike<number>>;
  readonly inputs: Readonly<Record<Input, ShapedNumbers>>;
  readonly dy: ArrayLike<number>;
  /** What is in question: the gradient of `⟨dy, f⟩` for each of these inputs. */
  readonly gradients: Readonly<Partial<Record<Input, ArrayLike<number>>>>;
  readonly precision: Precision;
  /**
   * Elements moved by themselves, for each input: all, where there are no more than this; otherwise
   * that many drawn at random. By default 48.
   */
  readonly elements?: number;
  /** Where the draws come from. By default 1. */
  readonly seed?: number;
}

/**
 * Requires gradients to agree with central differences: in single elements of each input, and along
 * two random directions `±step` that move all its elements at once, so that none goes unseen.
 */
export async function checkGradients<Input extends string>(
  check: GradientCheck<Input>,
): Promise<void> {
  const { inputs, gradients, precision, elements = 48, seed = 1 } = check;
  for (const input of Object.keys(gradients) as Input[]) {
    const gradient = gradients[input]!;
    const size = inputs[input].data.length;
    if (gradient.length !== size) {
      throw new GradientError(
        `Cannot check ${check.name}, gradient of ${input}: needs ${size} elements, got ${gradient.length}`,
      );
    }
    const rng = Rng.from(seed).split(input);
    const typical = Math.sqrt(Array.from(gradient).reduce((sum, g) => sum + g * g, 0) / size);
    for (const index of chosen(size, elements, rng)) {
      const probe = await move(check, input, (i) => i === index ? precision.step : 0);
      compare(probe, typical, `${check.name}, gradient of ${input} at ${index}`);
    }
    for (let direction = 1; size > 1 && direction <= 2; direction++) {
      const signs = Int8Array.from({ length: size }, () => rng.below(2) * 2 - 1);
      const probe = await move(check, input, (i) => signs[i] * precision.step);
      compare(
        probe,
        typical * Math.sqrt(size),
        `${check.name}, gradient of ${input} along random direction ${direction}`,
      );
    }
  }

  function compare({ analytic, numeric, noise }: Probe, size: number, what: string): void {
    const allowed = precision.tolerance * Math.max(Math.abs(analytic), size) + noise;
    const error = Math.abs(analytic - numeric);
    if (error <= allowed) return; // false for NaN
    throw new GradientError(
      `${what} is off: analytic ${analytic}, numeric ${numeric}, ` +
        `error ${error.toExponential(2)}, allowed ${allowed.toExponential(2)}`,
    );
  }
}

/** A derivative along one move, found in two ways, and how far off the second may be by rounding. */
interface Probe {
  readonly analytic: number;
  readonly numeric: number;
  readonly noise: number;
}

async function move<Input extends string>(
  { name, f, inputs, dy, gradients, precision }: GradientCheck<Input>,
  input: Input,
  by: (index: number) => number,
): Promise<Probe> {
  const { step, rounding } = precision;
  const { shape, data } = inputs[input];
  // Rounded to float32, so that what a kernel gets is what is accounted for.
  const plus = data.map((value, i) => by(i) === 0 ? value : Math.fround(value + by(i)));
  const minus = data.map((value, i) => by(i) === 0 ? value : Math.fround(value - by(i)));
  // Copies: an adapter's answer may lie in memory that the next run writes to.
  const above = Float64Array.from(await f({ ...inputs, [input]: { shape, data: plus } }));
  const below = Float64Array.from(await f({ ...inputs, [input]: { shape, data: minus } }));
  if (above.length !== dy.length) {
    throw new GradientError(
      `Cannot check ${name}: needs a dy for each of ${above.length} values, got ${dy.length}`,
    );
  }
  let analytic = 0, numeric = 0, squares = 0;
  for (let i = 0; i < data.length; i++) analytic += gradients[input]![i] * (plus[i] - minus[i]);
  for (let i = 0; i < above.length; i++) {
    if (above[i] === below[i]) continue; // what did not move carries no rounding error either
    numeric += dy[i] * (above[i] - below[i]);
    squares += (dy[i] * rounding * Math.max(Math.abs(above[i]), Math.abs(below[i]))) ** 2;
  }
  return {
    analytic: analytic / (2 * step),
    numeric: numeric / (2 * step),
    noise: 3 * Math.sqrt(squares) / (2 * step),
  };
}

/** All indices, or `count` different ones in random order. */
function chosen(size: number, count: number, rng: Rng): Iterable<number> {
  const all = Uint32Array.from({ length: size }, (_, i) => i);
  return size <= count ? all : rng.shuffle(all).subarray(0, count);
}
