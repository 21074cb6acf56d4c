/** Weight decay, gradient descent and moving averages. */
import { type Array64, map } from "./array.ts";

/** `loss = λ · ½ Σ w²` and its gradient `λ w`. */
export function weightDecay(w: Array64, decay: number): { loss: number; dw: Array64 } {
  return {
    loss: decay / 2 * w.data.reduce((sum, value) => sum + value ** 2, 0),
    dw: map(w, (value) => decay * value),
  };
}

/** `p − η g`. */
export function gradientDescent(
  p: Array64,
  { gradient, learningRate }: { gradient: Array64; learningRate: number },
): Array64 {
  return map(p, (value, i) => value - learningRate * gradient.data[i]);
}

/** `avg − (1 − decay)(avg − p)`. */
export function movingAverage(
  average: Array64,
  { value: p, decay }: { value: Array64; decay: number },
): Array64 {
  return map(average, (value, i) => value - (1 - decay) * (value - p.data[i]));
}

/** The decay of the parameters' averages: `min(0.9999, (1 + step) / (10 + step))`. */
export function averageDecay(step: number): number {
  return Math.min(0.9999, (1 + step) / (10 + step));
}
