/**
 * Layers on tensors as ONNX has them.
 *
 * @module
 */
import type { Device } from "../../lib/gpu/device.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import type { Layout } from "../../lib/shape.ts";
import { type Array64, array64 } from "../support/reference.ts";
import { type CompiledLayer, compileLayer } from "../../lib/checks/run_layer.ts";
import { fromPictures, reshaped, toPictures } from "./layouts.ts";
import type { Pair } from "./onnx_window.ts";

/** Computes the first output of a test on the adapter, in ONNX's layout. */
export type Run = (device: Device) => Promise<Array64>;

/** Height and width of pictures `N×C×H×W`; rows without height are one pixel high. */
export function sizeOf({ shape }: Array64): Pair {
  return shape.length === 3 ? [1, shape[2]] : [shape[2], shape[3]];
}

/** The first axes as rows, the others as features. */
export function asRows(x: Array64, axis: number): Array64 {
  const rows = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  return reshaped(x, [rows, x.data.length / rows]);
}

/** Computes a layer of pictures that come, and go, as ONNX has them. */
export function runPictures(
  x: Array64,
  layer: Layer<Layout, Layout>,
  parameters: Record<string, Float64Array> = {},
): Run {
  const pictures = toPictures(x);
  return async (device) => {
    using runner = await forward(device, layer, pictures.shape);
    const { y } = await runner.run({ x: pictures.data, parameters });
    return fromPictures(array64(runner.shape, y), x.shape.length);
  };
}

/** Computes a layer of rows, its result under another shape if one is given. */
export function runRows(
  x: Array64,
  layer: Layer<Layout, Layout>,
  parameters: Record<string, Float64Array> = {},
  shape?: readonly number[],
): Run {
  return async (device) => {
    using runner = await forward(device, layer, x.shape);
    const { y } = await runner.run({ x: x.data, parameters });
    return array64(shape ?? runner.shape, y);
  };
}

/** Compiles a layer to be run forward, not in training. */
export function forward(
  device: Device,
  layer: Layer<Layout, Layout>,
  shape: readonly number[],
): Promise<CompiledLayer> {
  return compileLayer(device, layer, { shape, backward: false, training: false });
}
