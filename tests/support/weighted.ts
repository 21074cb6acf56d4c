/** Inputs for layers with weights and biases. */
import { Rng } from "../../lib/rng.ts";
import { decidedBiases, normal, uniform } from "./random.ts";
import type { Array64, Weighted } from "./reference.ts";

/** Shapes of input and weights; the last axis of the weights is that of the biases. */
export interface WeightedShapes {
  readonly x: readonly number[];
  readonly w: readonly number[];
}

/** Normal values. */
export function normalInputs({ x, w }: WeightedShapes): Required<Weighted> {
  const rng = Rng.from(7);
  const of = (name: string, shape: readonly number[]): Array64 =>
    normal(rng.split(name), { shape });
  return { x: of("x", x), w: of("w", w), b: of("b", w.slice(-1)) };
}

/** Values for which the step of a derivative takes no sum across the kink of a ReLU. */
export function decidedInputs({ x, w }: WeightedShapes): Required<Weighted> {
  const rng = Rng.from(8);
  const channels = w[w.length - 1];
  const terms = w.slice(0, -1).reduce((product, size) => product * size, 1);
  return {
    x: uniform(rng.split("x"), { shape: x }),
    w: uniform(rng.split("w"), { shape: w }),
    b: decidedBiases(rng.split("b"), { channels, reach: 1.1 * terms }),
  };
}
