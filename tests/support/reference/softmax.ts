/** Softmax and the cross-entropy of classifiers. */
import { type Array64, array64, map, type Reference, zeros } from "./array.ts";

/** `y_c = exp(x_c) / Σ_j exp(x_j)` over the last axis. */
export function softmax(x: Array64): Reference<"x"> {
  const C = x.shape[x.shape.length - 1];
  const y = zeros(x.shape);
  for (let start = 0; start < x.data.length; start += C) {
    const row = x.data.subarray(start, start + C);
    const largest = Math.max(...row); // cancels, and keeps exp finite
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    row.forEach((value, c) => y.data[start + c] = Math.exp(value - largest) / sum);
  }
  return {
    y,
    pullback(dy) {
      const dx = zeros(x.shape);
      for (let start = 0; start < x.data.length; start += C) {
        let inner = 0;
        for (let i = start; i < start + C; i++) inner += dy.data[i] * y.data[i];
        for (let i = start; i < start + C; i++) dx.data[i] = y.data[i] * (dy.data[i] - inner);
      }
      return { x: dx };
    },
  };
}

/** Losses and their gradient. */
export interface CrossEntropy {
  /** `−log softmax(x_n)[label_n]`, one an example. */
  readonly losses: Array64;
  /** Their mean. */
  readonly loss: number;
  /** The gradient of the mean. */
  readonly dx: Array64;
}

/** Sparse softmax cross-entropy of logits `[N, C]`. */
export function crossEntropy(x: Array64, labels: ArrayLike<number>): CrossEntropy {
  const [N, C] = x.shape;
  const p = softmax(x).y;
  const losses = new Float64Array(N);
  for (let n = 0; n < N; n++) {
    const row = x.data.subarray(n * C, (n + 1) * C);
    const largest = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    losses[n] = Math.log(sum) - (row[labels[n]] - largest);
  }
  return {
    losses: array64([N], losses),
    loss: losses.reduce((total, value) => total + value, 0) / N,
    dx: map(p, (value, i) => (value - (i % C === labels[Math.floor(i / C)] ? 1 : 0)) / N),
  };
}
