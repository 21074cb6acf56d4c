/**
 * Between the layouts of others and the library's.
 *
 * @module
 */
import { type Array64, array64, zeros } from "../support/reference.ts";

/** The same elements under another shape. */
export function reshaped({ data }: Array64, shape: readonly number[]): Array64 {
  return array64(shape, data);
}

/** The axes in another order: axis `i` of the result is axis `order[i]` of `x`. */
export function moved(x: Array64, order: readonly number[]): Array64 {
  const strides = x.shape.map((_, axis) => x.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = zeros(order.map((axis) => x.shape[axis]));
  const index = order.map(() => 0);
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = x.data[order.reduce((at, axis, j) => at + index[j] * strides[axis], 0)];
    for (let j = order.length - 1; j >= 0 && ++index[j] === result.shape[j]; j--) index[j] = 0;
  }
  return result;
}

/** `N×C×H×W`, or `N×C×W` as pictures one pixel high, to `N×H×W×C`. */
export function toPictures(x: Array64): Array64 {
  const [N, C, ...size] = x.shape;
  const [H, W] = size.length === 1 ? [1, size[0]] : size;
  return moved(reshaped(x, [N, C, H, W]), [0, 2, 3, 1]);
}

/** Back, to as many axes. */
export function fromPictures(y: Array64, axes: number): Array64 {
  const turned = moved(y, [0, 3, 1, 2]);
  const [N, C, H, W] = turned.shape;
  return reshaped(turned, axes === 3 ? [N, C, H * W] : [N, C, H, W]);
}
