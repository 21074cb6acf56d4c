/**
 * Models as ONNX files, for other runtimes.
 *
 * @module
 */
import type { Model } from "../layers/sequential.ts";
import { endsInSoftmax } from "../layers/softmax.ts";
import { type Shape, ShapeError } from "../shape.ts";
import { OnnxGraph } from "./onnx_graph.ts";
import {
  ExportError,
  type OnnxLayer,
  type OnnxLayers,
  type TranslateLayer,
  writeLayers,
} from "./onnx_layers.ts";
import { encodeModel, encodeValue, type OnnxAttribute } from "./onnx_proto.ts";

export { ExportError, type OnnxAttribute, type OnnxGraph, type OnnxLayer, type TranslateLayer };

/** What to write. */
export interface OnnxOptions {
  /** The network. */
  readonly model: Model;
  /** Its parameters, as its table lays them out. */
  readonly parameters: Float32Array;
  /**
   * The size of stored pictures. With it the file takes them as they are, bytes `N H W C`, crops their middle
   * and standardizes it; without, it takes what the network takes.
   */
  readonly pictures?: { readonly height: number; readonly width: number };
  /** Names of the classes, kept as the property `classes`. */
  readonly classes?: readonly string[];
  /**
   * How layers of one's own are written, by their kinds; those of Tower may be written in another way too.
   * Default: there are none.
   */
  readonly layers?: Readonly<Record<string, TranslateLayer>>;
}

/**
 * A model as an ONNX file (opset 17). Input: `pictures` (`uint8`, `N H W C`) or `x` (`float`, as the network
 * takes it). Outputs: `logits`, what the network gives, but for a softmax at its end, and their softmax
 * `probabilities`. `N` varies.
 *
 * @throws {ExportError} if a layer has no form in ONNX, or the model does not give `N C`
 * @throws {ShapeError} if there are not as many parameters as the model has, or pictures are too small
 *
 * @example A network that takes pictures as bytes
 * ```ts
 * import { encodeOnnx, Rng, tutorialNetwork } from "@tower/nn";
 *
 * const model = tutorialNetwork();
 * const parameters = model.parameters.initialize(Rng.from(1)); // or what was learned
 * const file = encodeOnnx({ model, parameters, pictures: { height: 32, width: 32 } });
 * await Deno.writeFile(`${await Deno.makeTempDir()}/network.onnx`, file);
 * ```
 *
 * @example A layer of one's own
 * ```ts
 * import { encodeOnnx, relu, sequential } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const mine = { ...relu("NC"), kind: "my_relu" };
 * const file = encodeOnnx({
 *   model: sequential([3], [mine]),
 *   parameters: new Float32Array(),
 *   layers: {
 *     my_relu: ({ graph, layer, x }) => graph.node("Relu", [x], { name: layer.name }),
 *   },
 * });
 * assertEquals(new TextDecoder("latin1").decode(file).includes("Relu"), true);
 * ```
 */
export function encodeOnnx(options: OnnxOptions): Uint8Array<ArrayBuffer> {
  const { model, parameters, pictures, classes, layers: own } = options;
  model.parameters.requireArena(parameters, "write the model as ONNX");
  const graph = new OnnxGraph(["pictures", "x", "logits", "probabilities"]);
  const shape = [1, ...model.input] as unknown as Shape;
  const x = pictures ? writePictures(graph, { model, pictures }) : writeInput(graph, shape);
  const table = model.parameters;
  const views = table.entries.map(({ name }) => [name, table.view(parameters, name)]);
  const given: OnnxLayers = {
    graph,
    x,
    shape,
    parameters: Object.fromEntries(views),
    layers: own,
  };
  const layers = endsInSoftmax(model) ? model.layers.slice(0, -1) : model.layers;
  const written = writeLayers(layers, given);
  const [, ...output] = model.outputShape(1);
  if (output.length !== 1) {
    throw new ExportError(
      `Cannot write the model as ONNX: needs an output of N×C, got N×${output.join("×")}`,
    );
  }
  const logits = graph.output("Identity", written, { name: "logits" });
  const probabilities = graph.output("Softmax", logits, {
    name: "probabilities",
    attributes: { axis: 1 },
  });
  const input = pictures
    ? encodeValue({
      name: "pictures",
      element: "uint8",
      shape: ["N", pictures.height, pictures.width, model.input[2] ?? 1],
    })
    : encodeValue({ name: "x", element: "float", shape: ["N", ...model.input] });
  const outputOf = (name: string) =>
    encodeValue({ name, element: "float", shape: ["N", output[0]] });
  return encodeModel({
    nodes: graph.nodes,
    tensors: graph.tensors,
    inputs: [input],
    outputs: [outputOf(logits), outputOf(probabilities)],
    name: "network",
    metadata: classes ? { classes: JSON.stringify(classes) } : {},
  });
}

function writeInput(graph: OnnxGraph, shape: Shape): string {
  if (shape.length === 2) return "x";
  const attributes = { perm: [0, 3, 1, 2] };
  return graph.node("Transpose", ["x"], { name: "channels_first", attributes });
}

/** Bytes `N H W C` to the middle's `(x − mean) / max(deviation, 1/√size)`, `N C H W`. */
function writePictures(
  graph: OnnxGraph,
  { model, pictures: { height, width } }: {
    model: Model;
    pictures: { height: number; width: number };
  },
): string {
  const [H, W, C] = model.input;
  if (C === undefined || H > height || W! > width) {
    throw new ShapeError(
      `Cannot take pictures of ${height}×${width}: needs them to cover the network's input ` +
        `${model.input.join("×")}`,
    );
  }
  const node = (operation: string, inputs: string[], name: string, attributes = {}) =>
    graph.node(operation, inputs, { name: `pictures/${name}`, attributes });
  const list = (name: string, values: readonly number[]) =>
    graph.constant(`pictures/${name}`, [values.length], values);
  const number = (name: string, value: number) =>
    graph.constant(`pictures/${name}`, [], Float32Array.of(value));
  const float = node("Cast", ["pictures"], "numbers", { to: 1 });
  const turned = node("Transpose", [float], "channels_first", { perm: [0, 3, 1, 2] });
  const [top, left] = [Math.floor((height - H) / 2), Math.floor((width - W!) / 2)];
  const middle = node(
    "Slice",
    [turned, list("start", [top, left]), list("end", [top + H, left + W!]), list("axes", [2, 3])],
    "middle",
  );
  const mean = (x: string, name: string) => node("ReduceMean", [x], name, { axes: [1, 2, 3] });
  const centered = node("Sub", [middle, mean(middle, "mean")], "centered");
  const variance = mean(node("Mul", [centered, centered], "squares"), "variance");
  const deviation = node("Sqrt", [variance], "deviation");
  const least = number("least_deviation", 1 / Math.sqrt(H * W! * C));
  return node("Div", [centered, node("Max", [deviation, least], "divisor")], "standardized");
}
