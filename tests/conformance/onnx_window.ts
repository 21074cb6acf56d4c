/**
 * How ONNX says where windows lie, in the library's words.
 *
 * @module
 */
import type { Padding } from "../../lib/shape.ts";
import type { OnnxTest } from "./onnx_model.ts";

/** A pair along height and width. */
export type Pair = readonly [vertical: number, horizontal: number];

/** Windows on pictures. */
export interface OnnxWindow {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Padding;
}

/**
 * The windows of a test on pictures of `[H, W]`, or why there are none such. Rows without height count
 * as pictures one pixel high; what `ceil_mode` adds is padding after.
 */
export function windowOf(
  { attributes }: OnnxTest,
  { size, kernel }: { size: Pair; kernel: readonly number[] },
): OnnxWindow | string {
  if (kernel.length > 2) return "three-dimensional";
  const flat = kernel.length === 1;
  const pair = (name: string, missing: number): Pair => {
    const given = attributes[name] as readonly number[] | undefined ?? kernel.map(() => missing);
    return flat ? [name === "pads" ? 0 : 1, given[0]] : [given[0], given[1]];
  };
  const [KH, KW] = flat ? [1, kernel[0]] : kernel;
  const dilations = pair("dilations", 1);
  if (dilations.some((dilation) => dilation !== 1)) return "dilated";
  const stride = pair("strides", 1);
  const pads = attributes.pads as readonly number[] | undefined ?? [0, 0, 0, 0];
  const [top, left, bottom, right] = flat ? [0, pads[0], 0, pads[1]] : pads;
  const autoPad = attributes.auto_pad ?? "NOTSET";
  if (autoPad === "SAME_UPPER") return { kernel: [KH, KW], stride, padding: "SAME" };
  if (autoPad === "VALID") return { kernel: [KH, KW], stride, padding: "VALID" };
  const along = (axis: 0 | 1, before: number, after: number): Pair => {
    const [cells, window, step] = [size[axis], [KH, KW][axis], stride[axis]];
    if (autoPad === "SAME_LOWER") {
      const total = Math.max(0, (Math.ceil(cells / step) - 1) * step + window - cells);
      return [Math.ceil(total / 2), Math.floor(total / 2)]; // the odd cell goes before
    }
    if (!attributes.ceil_mode) return [before, after];
    const places = Math.ceil((before + cells + after - window) / step) + 1;
    return [before, (places - 1) * step + window - before - cells];
  };
  return { kernel: [KH, KW], stride, padding: [along(0, top, bottom), along(1, left, right)] };
}
