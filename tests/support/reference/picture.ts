/** The way from stored bytes to what the network sees, one picture `[H, W, C]` at a time. */
import { type Array64, map, zeros } from "./array.ts";

/** Planes of bytes, as records have them, as a picture. */
export function fromPlanes(
  bytes: Uint8Array,
  [H, W, C]: readonly [number, number, number],
): Array64 {
  return map(zeros([H, W, C]), (_, i) => bytes[i % C * H * W + Math.floor(i / C)]);
}

/** The `[height, width]` pixels that start at `top`, `left`. */
export function crop(
  x: Array64,
  { top, left, size: [CH, CW] }: {
    top: number;
    left: number;
    size: readonly [number, number];
  },
): Array64 {
  const [, W, C] = x.shape;
  return map(zeros([CH, CW, C]), (_, i) => {
    const c = i % C, w = Math.floor(i / C) % CW, h = Math.floor(i / C / CW);
    return x.data[((top + h) * W + left + w) * C + c];
  });
}

/** The pixels in the middle; one more is left out after than before where the number is odd. */
export function centralCrop(x: Array64, size: readonly [number, number]): Array64 {
  const [H, W] = x.shape;
  const [CH, CW] = size;
  return crop(x, { top: Math.floor((H - CH) / 2), left: Math.floor((W - CW) / 2), size });
}

/** Left becomes right. */
export function flip(x: Array64): Array64 {
  const [, W, C] = x.shape;
  return map(x, (_, i) => {
    const w = Math.floor(i / C) % W;
    return x.data[i + (W - 1 - w - w) * C];
  });
}

/** `x + u`, not clamped. */
export function brighten(x: Array64, u: number): Array64 {
  return map(x, (value) => value + u);
}

/** `(x − m_c) · f + m_c` with the mean `m_c` of each channel. */
export function contrast(x: Array64, f: number): Array64 {
  const [H, W, C] = x.shape;
  const means = new Float64Array(C);
  x.data.forEach((value, i) => means[i % C] += value / (H * W));
  return map(x, (value, i) => (value - means[i % C]) * f + means[i % C]);
}

/** `(x − mean) / max(std, 1/√count)` with mean and population deviation of all `count` values. */
export function standardize(x: Array64): Array64 {
  const count = x.data.length;
  const mean = x.data.reduce((sum, value) => sum + value, 0) / count;
  const variance = x.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const deviation = Math.max(Math.sqrt(variance), 1 / Math.sqrt(count));
  return map(x, (value) => (value - mean) / deviation);
}

/** What is drawn for a training picture. */
export interface DistortionDraws {
  readonly top: number;
  readonly left: number;
  readonly flipped: boolean;
  /** Added to all values. */
  readonly brightness: number;
  /** Times the distance from each channel's mean. */
  readonly contrast: number;
}

/** Crop, flip, brightness, contrast, in this order; not yet standardized. */
export function distort(
  x: Array64,
  { draws, size }: { draws: DistortionDraws; size: readonly [number, number] },
): Array64 {
  const cropped = crop(x, { top: draws.top, left: draws.left, size });
  const turned = draws.flipped ? flip(cropped) : cropped;
  return contrast(brighten(turned, draws.brightness), draws.contrast);
}
