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
