/** What takes each element by itself. */
import { type Array64, map, type Reference } from "./array.ts";

/** `y = max(x, 0)`; the gradient at 0 is 0. */
export function relu(x: Array64): Reference<"x"> {
  return {
    y: map(x, (value) => Math.max(value, 0)),
    pullback: (dy) => ({ x: map(dy, (value, i) => x.data[i] > 0 ? value : 0) }),
  };
}

/** `y = x · mask / (1 − rate)`, with 1 in the mask where an element is kept and 0 where it is dropped. */
export function dropout(
  x: Array64,
  { mask, rate }: { mask: ArrayLike<number>; rate: number },
): Reference<"x"> {
  const masked = (values: Array64) => map(values, (value, i) => value * mask[i] / (1 - rate));
  return { y: masked(x), pullback: (dy) => ({ x: masked(dy) }) };
}

/** All axes but the first as one. */
export function flatten(x: Array64): Reference<"x"> {
  return {
    y: { shape: [x.shape[0], x.data.length / x.shape[0]], data: x.data },
    pullback: (dy) => ({ x: { shape: x.shape, data: dy.data } }),
  };
}
