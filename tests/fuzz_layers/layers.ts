/**
 * The layers that are held against PyTorch at random shapes and attributes. A new layer needs an entry
 * here and, to be held against PyTorch and not the float64 reference, a function in
 * `torch_reference.py`.
 *
 * @module
 */
import { gelu, leakyRelu, sigmoid, tanh } from "../../lib/layers/activations.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv2d } from "../../lib/layers/conv2d.ts";
import { dense } from "../../lib/layers/dense.ts";
import { depthwiseConv2d } from "../../lib/layers/depthwise_conv2d.ts";
import { flatten } from "../../lib/layers/flatten.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { localResponseNormalization } from "../../lib/layers/local_response_normalization.ts";
import { locallyConnected2d } from "../../lib/layers/locally_connected2d.ts";
import { averagePool2d, globalAveragePool2d, maxPool2d } from "../../lib/layers/pool.ts";
import { relu } from "../../lib/layers/relu.ts";
import { softmax } from "../../lib/layers/softmax.ts";
import type { Rng } from "../../lib/rng.ts";
import type { Layout } from "../../lib/shape.ts";
import type { Input } from "../support/check_layer.ts";
import { labels, normal } from "../support/random.ts";
import { type Array64, array64, map, type Reference, zeros } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { convolution, type Drawn, layerCase, pooling } from "./cases.ts";
import { checkCrossEntropy } from "./cross_entropy.ts";
import { between, channels, type DrawnWindow, oneOf, window } from "./draw.ts";
import { dropoutCase } from "./dropout.ts";
import { residualCase } from "./residual.ts";

/** A layer, or what else has a value and gradients. */
export interface Fuzzed {
  /** Draws a case. */
  readonly draw: (rng: Rng) => Drawn;
}

/** All of them, by the names that `torch_reference.py` has for them. */
export const fuzzedLayers: Readonly<Record<string, Fuzzed>> = {
  conv2d: {
    draw(rng) {
      const drawn = wide(rng, window(rng));
      const { x, window: [KH, KW] } = drawn;
      const filters = x[3] >= 16 ? between(rng, 16, 20) : channels(rng);
      return convolution(rng, drawn, {
        op: reference.conv2d,
        layer: (options) => conv2d({ ...options, filters }),
        terms: { y: KH * KW * x[3], x: KH * KW * filters },
      });
    },
  },
  depthwise_conv2d: {
    draw(rng) {
      const drawn = window(rng);
      const [KH, KW] = drawn.window;
      const multiplier = oneOf(rng, [1, 1, 1, 2, 3, 4]);
      return convolution(rng, drawn, {
        op: reference.depthwiseConv2d,
        layer: (options) => depthwiseConv2d({ ...options, multiplier }),
        terms: { y: KH * KW, x: KH * KW * multiplier },
      });
    },
  },
  locally_connected2d: {
    draw(rng) {
      const drawn = window(rng);
      const { x, window: [KH, KW] } = drawn;
      const filters = channels(rng);
      return convolution(rng, drawn, {
        op: reference.locallyConnected2d,
        layer: (options) => locallyConnected2d({ ...options, filters }),
        terms: { y: KH * KW * x[3], x: KH * KW * filters },
      });
    },
  },
  dense: {
    draw(rng) {
      const [N, I, O] = [between(rng, 1, 20), between(rng, 1, 20), between(rng, 1, 20)];
      const activation = oneOf(rng, [undefined, "relu"] as const);
      const inputs = {
        x: normal(rng, { shape: [N, I] }),
        w: normal(rng, { shape: [I, O] }),
        b: normal(rng, { shape: [O] }),
      };
      return layerCase(dense({ units: O, activation }), {
        attrs: { activation: activation ?? null },
        inputs,
        reference: reference.dense(inputs, { activation }),
        kinks: activation && reference.dense(inputs).y,
        terms: { y: I, x: O, w: N, b: N },
      });
    },
  },
  max_pool2d: { draw: (rng) => pooling(rng, reference.maxPool2d, maxPool2d) },
  average_pool2d: {
    draw: (rng) => pooling(rng, reference.averagePool2d, averagePool2d),
  },
  local_response_normalization: {
    draw(rng) {
      const x = normal(rng, { shape: pictures(rng) });
      const attrs = {
        radius: between(rng, 0, 6),
        bias: 0.5 + rng.float(),
        alpha: rng.float(),
        beta: oneOf(rng, [0.5, 0.75, 1, 2 * rng.float()]),
      };
      const sum = 2 * attrs.radius + 1;
      return layerCase(localResponseNormalization(attrs), {
        attrs,
        inputs: { x },
        reference: reference.localResponseNormalization(x, attrs),
        terms: { y: sum, x: 2 * sum },
      });
    },
  },
  relu: {
    draw(rng) {
      const x = normal(rng, { shape: rows(rng) });
      return layerCase(relu("NC"), { inputs: { x }, reference: reference.relu(x) });
    },
  },
  leaky_relu: {
    draw(rng) {
      const slope = rng.float();
      const layer = (layout: Layout) => leakyRelu(layout, { slope });
      return {
        ...pointwise(rng, layer, (x) => reference.leakyRelu(x, { slope })),
        attrs: { slope },
      };
    },
  },
  gelu: { draw: (rng) => pointwise(rng, gelu, reference.gelu) },
  sigmoid: { draw: (rng) => pointwise(rng, sigmoid, reference.sigmoid) },
  tanh: { draw: (rng) => pointwise(rng, tanh, reference.tanh) },
  global_average_pool2d: {
    draw(rng) {
      const x = normal(rng, { shape: pictures(rng) });
      const [, H, W] = x.shape;
      return layerCase(globalAveragePool2d(), {
        inputs: { x },
        reference: reference.globalAveragePool2d(x),
        terms: { y: H * W },
      });
    },
  },
  layer_norm: {
    draw(rng) {
      const { inputs, layout, C, rows, epsilon } = normalized(rng);
      return layerCase(layerNorm(layout, { epsilon }), {
        attrs: { epsilon },
        inputs,
        reference: reference.layerNorm(inputs, { epsilon }),
        terms: { y: C, x: C, gamma: rows, beta: rows },
        scale: largestOf(inputs),
      });
    },
  },
  batch_norm: {
    draw(rng) {
      const { inputs, layout, C, rows, epsilon } = normalized(rng);
      const constants = { mean: zeros([C]), variance: zeros([C]) };
      const options = { epsilon, momentum: 0.9, training: true };
      const { y, pullback } = reference.batchNorm({ ...inputs, ...constants }, options);
      const derivatives = (dy: Array64) => {
        const { x, gamma, beta } = pullback(dy);
        return { x, gamma, beta };
      };
      return layerCase(batchNorm(layout, { epsilon }), {
        attrs: { epsilon },
        inputs,
        reference: { y, pullback: derivatives },
        terms: { y: rows, x: rows, gamma: rows, beta: rows },
        scale: largestOf(inputs),
      });
    },
  },
  flatten: {
    draw(rng) {
      const x = normal(rng, { shape: pictures(rng) });
      return layerCase(flatten(), { inputs: { x }, reference: reference.flatten(x) });
    },
  },
  dropout: { draw: (rng) => dropoutCase(rng, rng.below(2) ? rows(rng) : pictures(rng)) },
  residual: { draw: residualCase },
  softmax: {
    draw(rng) {
      const x = normal(rng, { shape: rows(rng), deviation: oneOf(rng, [1, 10, 100]) });
      const terms = { y: x.shape[1], x: x.shape[1] };
      return layerCase(softmax(), {
        inputs: { x },
        reference: reference.softmax(x),
        terms,
        // Each is a share of 1; the exponents, up to hundreds, are what is rounded.
        scale: 1 + Math.max(...x.data.map(Math.abs)),
      });
    },
  },
  cross_entropy: {
    draw(rng) {
      const x = normal(rng, { shape: rows(rng), deviation: oneOf(rng, [1, 10, 100]) });
      const [N, classes] = x.shape;
      const given = labels(rng, { N, classes });
      const { loss, dx } = reference.crossEntropy(x, given);
      return {
        attrs: { labels: Array.from(given) },
        inputs: { x },
        reference: {
          y: array64([1], [loss]),
          pullback: (dy) =>
            ({ x: map(dx, (value) => value * dy.data[0]) }) as Record<Input, Array64>,
        },
        check: (device, expected) => checkCrossEntropy(device, { labels: given, expected }),
      };
    },
  },
};

/** An activation, on rows or on pictures. */
function pointwise(
  rng: Rng,
  layer: (layout: Layout) => Layer<Layout, Layout>,
  of: (x: Array64) => Reference<"x">,
): Drawn {
  const shape = rng.below(2) ? rows(rng) : pictures(rng);
  const x = normal(rng, { shape, deviation: oneOf(rng, [0.1, 1, 10]) });
  const made = layer(shape.length === 2 ? "NC" : "NHWC");
  return layerCase(made, { inputs: { x }, reference: of(x), scale: largest(x) + 1 });
}

/** What is normalized: at least two rows, and an ε that keeps gradients to a size of 10. */
function normalized(rng: Rng) {
  const [N, ...rest] = rng.below(2) ? rows(rng) : pictures(rng);
  const shape = [N + 1, ...rest];
  const C = shape[shape.length - 1];
  const inputs = {
    x: normal(rng, { shape }),
    gamma: normal(rng, { shape: [C] }),
    beta: normal(rng, { shape: [C] }),
  };
  return {
    inputs,
    layout: shape.length === 2 ? "NC" : "NHWC",
    C,
    rows: inputs.x.data.length / C,
    epsilon: 0.01 + rng.float(),
  } as const;
}

/** The size of what is summed, where what comes out may be smaller by cancellation. */
function largestOf(inputs: Readonly<Record<string, Array64>>): number {
  return 10 * Math.max(...Object.values(inputs).map(largest));
}

function largest(x: Array64): number {
  return Math.max(...x.data.map(Math.abs));
}

/** Shapes of features; the last is past a vector, a workgroup and a subgroup. */
function rows(rng: Rng): [number, number] {
  return [between(rng, 1, 20), oneOf(rng, [1, 2, 3, 4, 5, 10, 16, 17, 33, 65])];
}

function pictures(rng: Rng): [number, number, number, number] {
  return [between(rng, 1, 3), between(rng, 1, 5), between(rng, 1, 5), between(rng, 1, 16)];
}

/** Now and then as many channels as Winograd's filtering starts from. */
function wide(rng: Rng, drawn: DrawnWindow): DrawnWindow {
  if (rng.below(32) > 0) return drawn;
  const [N, H, W] = drawn.x;
  return { ...drawn, x: [N, H, W, between(rng, 16, 20)] };
}
