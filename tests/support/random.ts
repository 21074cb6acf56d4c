/**
 * Seeded arrays for tests. Every value is a float32, so that a kernel and the float64 reference start
 * from the same numbers.
 *
 * @module
 */
import type { Rng } from "../../lib/rng.ts";
import { type Array64, map, zeros } from "./reference.ts";

/** Normal values of mean 0. */
export function normal(
  rng: Rng,
  { shape, deviation = 1 }: { shape: readonly number[]; deviation?: number },
): Array64 {
  return map(zeros(shape), () => Math.fround(deviation * rng.normal()));
}

/** Uniform values on `[low, high)`. */
export function uniform(
  rng: Rng,
  { shape, low = -1, high = 1 }: { shape: readonly number[]; low?: number; high?: number },
): Array64 {
  return map(zeros(shape), () => Math.fround(low + (high - low) * rng.float()));
}

/**
 * Values in random order of which no two are closer than `gap` and none is closer to zero than
 * `gap / 2`: moving each by less than that changes neither a maximum nor a sign, so max pooling and
 * ReLU are linear there. They lie evenly from about `−gap · size / 2` to `gap · size / 2`; a power of
 * two for `gap` keeps them exact.
 */
export function separated(
  rng: Rng,
  { shape, gap = 1 / 8 }: { shape: readonly number[]; gap?: number },
): Array64 {
  const values = zeros(shape);
  const half = Math.floor(values.data.length / 2);
  for (let i = 0; i < values.data.length; i++) {
    values.data[i] = Math.fround((i - half + 0.5) * gap);
  }
  rng.shuffle(values.data);
  return values;
}

/**
 * Biases from `reach` to `2 · reach` in size, positive and negative in turn: where no sum of products
 * passes `reach` in size, a ReLU behind them is on everywhere in one channel and off everywhere in
 * the next, so it is linear there.
 */
export function decidedBiases(
  rng: Rng,
  { channels, reach }: { channels: number; reach: number },
): Array64 {
  return map(
    zeros([channels]),
    (_, c) => Math.fround((c % 2 === 0 ? 1 : -1) * reach * (1 + rng.float())),
  );
}

/** Labels of `N` examples. */
export function labels(
  rng: Rng,
  { N, classes }: { N: number; classes: number },
): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: N }, () => rng.below(classes));
}
