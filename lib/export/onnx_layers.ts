/**
 * Each layer as ONNX operations. Pictures are `N C H W` there, so weights are turned once, here.
 *
 * Source: https://onnx.ai/onnx/operators/
 *
 * @module
 */
import { ownParameters } from "../layers/chain.ts";
import type { Layer } from "../layers/layer.ts";
import type { Shape } from "../shape.ts";
import { type OnnxGraph, transposed } from "./onnx_graph.ts";
import type { OnnxAttribute } from "./onnx_proto.ts";

/** A layer cannot be written in another form. */
export class ExportError extends Error {
  /** The name of the class. */
  override readonly name: string = "ExportError";
}

/** What a layer is written with. */
export interface OnnxLayer {
  /** Where to. */
  readonly graph: OnnxGraph;
  /** Which. */
  readonly layer: Layer;
  /** The name of what it takes; in the file, pictures are `N C H W`. */
  readonly x: string;
  /** The shape of that as the layer knows it, `N H W C` or `N C`, for one example. */
  readonly shape: Shape;
  /** Its parameters by their short names. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** How layers of one's own are written, by their kinds. Default: there are none. */
  readonly layers?: Readonly<Record<string, TranslateLayer>>;
}

/** Writes a layer as ONNX operations; returns the name of what they give, pictures as `N C H W`. */
export type TranslateLayer = (options: OnnxLayer) => string;

const toChannelsLast = [0, 2, 3, 1];

/** Layers in order, and what they are written with. */
export interface OnnxLayers extends Omit<OnnxLayer, "layer"> {
  /** Their parameters, named `LAYER/PARAMETER`. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/** The name of what the last layer gives, after writing all. */
export function writeLayers(layers: readonly Layer[], options: OnnxLayers): string {
  let { x, shape } = options;
  for (const layer of layers) {
    const parameters = ownParameters(layer, { x: shape, parameters: options.parameters });
    x = writeLayer({ ...options, layer, x, shape, parameters });
    shape = layer.outputShape(shape);
  }
  return x;
}

function writeLayer(options: OnnxLayer): string {
  const { layer: { kind, name }, layers = {} } = options;
  for (const known of [layers, translations]) {
    if (Object.hasOwn(known, kind)) return known[kind](options);
  }
  throw new ExportError(
    `Cannot write ${name} as ONNX: needs a layer of the kinds ${
      Object.keys({ ...translations, ...layers }).join(", ")
    }, got ${kind}; say how it is written by the option layers: { ${kind}: ({ graph, x }) => … }`,
  );
}

const translations: Readonly<Record<string, TranslateLayer>> = {
  conv2d(options) {
    const [KH, KW, I, O] = parameterShape(options, "weights");
    const data = transposed(options.parameters.weights, [KH, KW, I, O], [3, 2, 0, 1]);
    return convolution(options, { data, shape: [O, I, KH, KW], group: 1 });
  },
  depthwise_conv2d(options) {
    // As ONNX has it: I groups of one channel, each with M filters.
    const [KH, KW, I, M] = parameterShape(options, "weights");
    const data = transposed(options.parameters.weights, [KH, KW, I * M], [2, 0, 1]);
    return convolution(options, { data, shape: [I * M, 1, KH, KW], group: I });
  },
  locally_connected2d: locallyConnected,
  max_pool2d: (options) => simple(options, "MaxPool", windowOf(options)),
  average_pool2d: (options) =>
    simple(options, "AveragePool", { ...windowOf(options), count_include_pad: 0 }),
  local_response_normalization(options) {
    const { radius, bias, alpha, beta } = numbersOf(options);
    const size = 2 * radius + 1;
    // ONNX divides alpha by the window's size.
    return simple(options, "LRN", {
      size,
      alpha: { float: alpha * size },
      beta: { float: beta },
      bias: { float: bias },
    });
  },
  flatten({ graph, layer: { name }, x }) {
    const attributes = { perm: toChannelsLast };
    const turned = graph.node("Transpose", [x], { name: `${name}/channels_last`, attributes });
    return graph.node("Flatten", [turned], { name, attributes: { axis: 1 } });
  },
  dense(options) {
    const { graph, layer: { name }, x, parameters: { weights } } = options;
    const w = graph.constant(`${name}/weights`, parameterShape(options, "weights"), weights);
    return activated(options, graph.node("Gemm", [x, w, ...biasesOf(options)], { name }));
  },
  relu: (options) => simple(options, "Relu"),
  leaky_relu: (options) =>
    simple(options, "LeakyRelu", { alpha: { float: numbersOf(options).slope } }),
  sigmoid: (options) => simple(options, "Sigmoid"),
  tanh: (options) => simple(options, "Tanh"),
  gelu({ graph, layer: { name }, x }) {
    // The operation Gelu came with version 20: here, x · (½ + ½ erf(x / √2)).
    const node = (what: string, operation: string, inputs: string[]) =>
      graph.node(operation, inputs, { name: `${name}/${what}` });
    const number = (what: string, value: number) =>
      graph.constant(`${name}/${what}`, [], Float32Array.of(value));
    const half = number("half", 0.5);
    const erf = node("erf", "Erf", [node("scaled", "Mul", [x, number("scale", Math.SQRT1_2)])]);
    const share = node("share", "Add", [node("halved", "Mul", [erf, half]), half]);
    return node("gelu", "Mul", [x, share]);
  },
  global_average_pool2d(options) {
    const { graph, layer: { name } } = options;
    const pooled = simple(options, "GlobalAveragePool");
    return graph.node("Flatten", [pooled], { name: `${name}/rows`, attributes: { axis: 1 } });
  },
  batch_norm(options) {
    const { graph, layer: { name }, x, parameters } = options;
    const given = ["gamma", "beta", "running_mean", "running_variance"].map((short) =>
      graph.constant(`${name}/${short}`, [parameters[short].length], parameters[short])
    );
    const attributes = { epsilon: { float: numbersOf(options).epsilon } };
    return graph.node("BatchNormalization", [x, ...given], { name, attributes });
  },
  layer_norm(options) {
    // Over the last axes only, so channels go there and back.
    const { graph, layer: { name }, shape, parameters } = options;
    const turn = (what: string, x: string, perm: readonly number[]) =>
      shape.length === 2
        ? x
        : graph.node("Transpose", [x], { name: `${name}/${what}`, attributes: { perm } });
    const given = ["gamma", "beta"].map((short) =>
      graph.constant(`${name}/${short}`, [parameters[short].length], parameters[short])
    );
    const x = turn("channels_last", options.x, toChannelsLast);
    const attributes = { axis: shape.length - 1, epsilon: { float: numbersOf(options).epsilon } };
    const y = graph.node("LayerNormalization", [x, ...given], { name, attributes });
    return turn("channels_first", y, [0, 3, 1, 2]);
  },
  residual(options) {
    const { graph, layer: { name, branches } } = options;
    const ways = branches!.map((layers) => writeLayers(layers, options));
    return graph.node("Add", ways, { name });
  },
  softmax: (options) => simple(options, "Softmax", { axis: 1 }),
  dropout: ({ x }) => x,
};

function simple(
  { graph, layer: { name }, x }: OnnxLayer,
  operation: string,
  attributes?: Readonly<Record<string, OnnxAttribute>>,
): string {
  return graph.node(operation, [x], { name, attributes });
}

function convolution(
  options: OnnxLayer,
  { data, shape, group }: { data: Float32Array; shape: readonly number[]; group: number },
): string {
  const { graph, layer: { name }, x } = options;
  const w = graph.constant(`${name}/weights`, shape, data);
  const attributes = { ...windowOf(options), group };
  return activated(
    options,
    graph.node("Conv", [x, w, ...biasesOf(options)], { name, attributes }),
  );
}

/** The name of a layer's biases, if it has any. */
function biasesOf({ graph, layer: { name }, parameters: { biases } }: OnnxLayer): string[] {
  return biases ? [graph.constant(`${name}/biases`, [biases.length], biases)] : [];
}

/**
 * ONNX has no such layer: a convolution with one filter for every cell of the window cuts the patches out,
 * `N K OH OW` with `K = I·KH·KW`, and a product for each place follows, `P N K · P K O`.
 */
function locallyConnected(options: OnnxLayer): string {
  const { graph, layer: { name }, x, parameters: { weights, biases } } = options;
  const [OH, OW, KH, KW, I, O] = parameterShape(options, "weights");
  const [P, K] = [OH * OW, I * KH * KW];
  const cells = new Float32Array(K * K);
  for (let k = 0; k < K; k++) cells[k * K + k] = 1;
  const cut = graph.constant(`${name}/cells`, [K, I, KH, KW], cells);
  const patches = graph.node("Conv", [x, cut], {
    name: `${name}/patches`,
    attributes: windowOf(options),
  });
  const reshape = (what: string, from: string, shape: readonly number[]) =>
    graph.node("Reshape", [from, graph.constant(`${name}/${what}_shape`, [shape.length], shape)], {
      name: `${name}/${what}`,
    });
  const turn = (what: string, from: string, perm: readonly number[]) =>
    graph.node("Transpose", [from], { name: `${name}/${what}`, attributes: { perm } });
  // A size of 0 is that of what is reshaped.
  const places = turn("places", reshape("columns", patches, [0, K, P]), [2, 0, 1]);
  const data = transposed(weights, [P, KH, KW, I, O], [0, 3, 1, 2, 4]);
  const products = graph.node("MatMul", [
    places,
    graph.constant(`${name}/weights`, [P, K, O], data),
  ], { name: `${name}/products` });
  const turned = turn("channels_first", products, [1, 2, 0]);
  const biased = biases
    ? graph.node("Add", [
      turned,
      graph.constant(`${name}/biases`, [O, P], transposed(biases, [P, O], [1, 0])),
    ], { name: `${name}/sum` })
    : turned;
  return activated(options, reshape("rows", biased, [0, O, OH, OW]));
}

/** What follows the bias. */
function activated({ graph, layer, shape }: OnnxLayer, x: string): string {
  const { activation } = layer.attributes!(shape);
  return activation === "relu" ? graph.node("Relu", [x], { name: `${layer.name}/relu` }) : x;
}

function windowOf({ layer, shape }: OnnxLayer): Record<string, OnnxAttribute> {
  const { window, stride, padding } = layer.attributes!(shape) as Record<string, number[]>;
  return { kernel_shape: window, strides: stride, pads: padding };
}

function numbersOf({ layer, shape }: OnnxLayer): Record<string, number> {
  return layer.attributes!(shape) as Record<string, number>;
}

function parameterShape({ layer, shape }: OnnxLayer, parameter: string): readonly number[] {
  return layer.parameters(shape)[parameter].shape;
}
