/**
 * What a drawn case is, and how those of a kind are made.
 *
 * @module
 */
import type { Device } from "../../lib/gpu/device.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import type { maxPool2d } from "../../lib/layers/pool.ts";
import type { Rng } from "../../lib/rng.ts";
import type { Layout } from "../../lib/shape.ts";
import { checkLayer, type Expected, type Input, type LayerCheck } from "../support/check_layer.ts";
import { normal } from "../support/random.ts";
import { type Array64, map, type Reference } from "../support/reference.ts";
import type * as reference from "../support/reference.ts";
import { type DrawnWindow, oneOf, window } from "./draw.ts";

/** What goes into a layer, by name. */
type Inputs = Readonly<Partial<Record<Input, Array64>>>;

/** A drawn case. */
export interface Drawn {
  /** What `torch_reference.py` and a message need to know. */
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Inputs;
  readonly reference: Reference<Input>;
  /** What a ReLU works on: where rounding may decide its sign, no gradient is asked for. */
  readonly kinks?: Array64;
  /** Holds the adapter against what is expected. */
  readonly check: (device: Device, expected: Expected<Input>) => Promise<void>;
}

/** A layer with a window, weights and biases, through ReLU or not. */
export function convolution(
  rng: Rng,
  { x: shape, window, strides, padding, pads }: DrawnWindow,
  { op, layer, terms }: {
    op: typeof reference.conv2d;
    layer: (
      options: {
        kernel: readonly [number, number];
        stride: readonly [number, number];
        padding: DrawnWindow["padding"];
        activation?: "relu";
      },
    ) => Layer<"NHWC", "NHWC">;
    terms: { y: number; x: number };
  },
): Drawn {
  const activation = oneOf(rng, [undefined, "relu"] as const);
  const made = layer({ kernel: window, stride: strides, padding, activation });
  const { weights, biases } = made.parameters(shape);
  const inputs = {
    x: normal(rng, { shape }),
    w: normal(rng, { shape: weights.shape }),
    b: normal(rng, { shape: biases.shape }),
  };
  const [N, OH, OW] = made.outputShape(shape);
  const pixels = N * OH * OW;
  return layerCase(made, {
    attrs: { strides, padding: pads, activation: activation ?? null },
    inputs,
    reference: op(inputs, { strides, padding: pads, activation }),
    kinks: activation && op(inputs, { strides, padding: pads }).y,
    terms: { y: terms.y + 1, x: terms.x, w: pixels, b: pixels },
    // Inputs, weights and `dy` are normal, so a product is of size 1.
    least: 1,
    // Winograd's transforms round about ten times as much as plain sums.
    strictness: shape[3] >= 16 ? 10 : 1,
  });
}

/** Pooling, of whole numbers at times: equal values are where the first maximum matters. */
export function pooling(
  rng: Rng,
  op: typeof reference.maxPool2d,
  layer: typeof maxPool2d,
): Drawn {
  const { x: shape, window: size, strides, padding, pads } = window(rng);
  const whole = rng.below(4) === 0;
  const x = map(normal(rng, { shape }), (value) => whole ? Math.round(value) : value);
  return layerCase(layer({ window: size, stride: strides, padding }), {
    attrs: { window: size, strides, padding: pads },
    inputs: { x },
    reference: op(x, { window: size, strides, padding: pads }),
    terms: { y: size[0] * size[1], x: size[0] * size[1] },
  });
}

/** A reference of any inputs. */
type Pullback = Pick<Reference<Input>, "y"> & {
  readonly pullback: (dy: Array64) => Readonly<Partial<Record<Input, Array64>>>;
};

/** A layer as it is. */
export function layerCase(
  layer: Layer<Layout, Layout>,
  { attrs = {}, inputs, reference, kinks, ...bounds }:
    & Pick<Drawn, "inputs" | "kinks">
    & { attrs?: Drawn["attrs"]; reference: Pullback }
    & Pick<LayerCheck, "terms" | "scale" | "least" | "strictness">,
): Drawn {
  return {
    attrs,
    inputs,
    reference: reference as Reference<Input>,
    kinks,
    check: (device, expected) => checkLayer(device, layer, expected, bounds),
  };
}
