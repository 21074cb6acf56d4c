/**
 * Where the kernel of a convolution lies on a picture.
 *
 * @module
 */
import type { Conv2dSizes } from "../../kernels/conv2d.wgsl.ts";
import { type Padding, placeWindow, requirePair, type Shape } from "../shape.ts";

/** What all convolutions say of their kernel. */
export interface KernelOptions {
  /** The layer's name. */
  readonly name: string;
  /** Output channels. */
  readonly filters: number;
  /** Size of the kernel, or `[height, width]`. */
  readonly kernel: number | readonly [height: number, width: number];
  /** Step of the window, or `[vertical, horizontal]`. Default 1. */
  readonly stride?: number | readonly [vertical: number, horizontal: number];
  /** Cells around the picture. Default `VALID`. */
  readonly padding?: Padding;
}

/**
 * All sizes of a convolution of pictures of this shape.
 *
 * @throws {ShapeError} if a size is not a positive whole number, or the kernel does not fit
 */
export function conv2dSizes(
  [N, H, W, I]: Shape<"NHWC">,
  { name, filters: O, kernel, stride = 1, padding = "VALID" }: KernelOptions,
): Conv2dSizes {
  const [KH, KW] = requirePair(name, "kernel", kernel);
  const [SH, SW] = requirePair(name, "stride", stride);
  const down = placeWindow(name, { axis: "H", size: H, window: KH, stride: SH, padding });
  const across = placeWindow(name, { axis: "W", size: W, window: KW, stride: SW, padding });
  const [PT, PL, OH, OW] = [down.before, across.before, down.size, across.size];
  return { N, H, W, I, KH, KW, O, SH, SW, PT, PL, OH, OW };
}

/** The window of a convolution or a pool as plain data: `padding` is top, left, bottom, right. */
export function windowAttributes(
  { H, W, OH, OW, KH, KW, SH, SW, PT, PL }: Omit<Conv2dSizes, "I" | "O">,
): { window: readonly number[]; stride: readonly number[]; padding: readonly number[] } {
  const after = (places: number, stride: number, window: number, size: number, before: number) =>
    Math.max(0, (places - 1) * stride + window - size - before);
  const bottom = after(OH, SH, KH, H, PT), right = after(OW, SW, KW, W, PL);
  return { window: [KH, KW], stride: [SH, SW], padding: [PT, PL, bottom, right] };
}
