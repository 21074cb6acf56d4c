/** Inputs for layers with weights and biases. */
import { Rng } from "../../lib/rng.ts";
import { decidedBiases, normal, uniform } from "./random.ts";
import type { Array64, Weighted } from "./reference.ts";

/** Shapes of input, weights and biases. */
export interface WeightedShapes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  /** By default the last axis of the weights. */
  readonly b?: readonly number[];
  /** Products behind a sum. By default the elements of all axes of the weights but the last. */
  readonly terms?: number;
}

/** Normal values. */
export function normalInputs({ x, w, b = w.slice(-1) }: WeightedShapes): Required<Weighted> {
  const rng = Rng.from(7);
  const of = (name: string, shape: readonly number[]): Array64 =>
    normal(rng.split(name), { shape });
  return { x: of("x", x), w: of("w", w), b: of("b", b) };
}

/** Values for which the step of a derivative takes no sum across the kink of a ReLU. */
export function decidedInputs(
  { x, w, b = w.slice(-1), terms = product(w.slice(0, -1)) }: WeightedShapes,
): Required<Weighted> {
  const rng = Rng.from(8);
  const biases = decidedBiases(rng.split("b"), { channels: product(b), reach: 1.1 * terms });
  return {
    x: uniform(rng.split("x"), { shape: x }),
    w: uniform(rng.split("w"), { shape: w }),
    b: { shape: b, data: biases.data },
  };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
