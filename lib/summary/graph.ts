/**
 * A model's graph as TensorBoard draws it.
 *
 * @module
 */
import { integerField, joined, messageField, textField } from "../protobuf.ts";

/** A node: an operation and what it takes. */
export interface GraphNode {
  /** Its name; `/` makes groups. */
  readonly name: string;
  /** The operation. */
  readonly operation: string;
  /** The names of the nodes that it takes. */
  readonly inputs: readonly string[];
  /** The shape of what it gives, shown on its edges; −1 for a size that varies. */
  readonly shape: readonly number[];
}

/** A layer, as far as the graph shows it. */
export interface GraphLayer {
  /** Its name. */
  readonly name: string;
  /** The operation. */
  readonly kind: string;
  /** The shape of its output, batch axis first. */
  readonly outputShape: readonly number[];
  /** Its parameters by their short names, with their shapes; those of its own layers are theirs. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** The layers that it is made of, if it is: chains of what it takes, whose results it adds. */
  readonly branches?: readonly (readonly GraphLayer[])[];
}

/** The nodes of layers in order: each with its parameters as nodes of its group, and the input before. */
export function graphOf(
  layers: readonly GraphLayer[],
  { input }: { input: readonly number[] },
): GraphNode[] {
  return [placeholder("images", input), ...chainOf(layers, { before: "images", group: "" }).nodes];
}

/**
 * The nodes of a network in training: its layers, labels, the terms of the loss and their total, and the
 * step, under the tutorial's names.
 *
 * @param options `decayed` are the parameters whose squares are terms of the loss
 */
export function trainingGraphOf(
  layers: readonly GraphLayer[],
  { input, decayed }: { input: readonly number[]; decayed: readonly string[] },
): GraphNode[] {
  const scalar = (name: string, operation: string, inputs: readonly string[]): GraphNode => ({
    name,
    operation,
    inputs,
    shape: [],
  });
  const nodes = graphOf(layers, { input });
  const logits = nodes[nodes.length - 1].name;
  const terms = [
    scalar("cross_entropy", "SparseSoftmaxCrossEntropyWithLogits", [logits, "labels"]),
    ...decayed.map((parameter) =>
      scalar(`${parameter.slice(0, parameter.lastIndexOf("/"))}/weight_loss`, "L2Loss", [parameter])
    ),
  ];
  return [
    ...nodes,
    placeholder("labels", []),
    ...terms,
    scalar("total_loss", "AddN", terms.map(({ name }) => name)),
    scalar("learning_rate", "Placeholder", []),
    scalar("gradients", "Gradients", ["total_loss"]),
    scalar("train", "ApplyGradients", ["gradients", "learning_rate"]),
  ];
}

function placeholder(name: string, shape: readonly number[]): GraphNode {
  return { name, operation: "Placeholder", inputs: [], shape: [-1, ...shape] };
}

/** The nodes of a chain of layers within a group, and the last of them. */
function chainOf(
  layers: readonly GraphLayer[],
  { before, group }: { before: string; group: string },
): { nodes: GraphNode[]; output: string } {
  const nodes: GraphNode[] = [];
  for (const layer of layers) {
    const within = `${group}${layer.name}/`;
    const owned = Object.entries(layer.parameters).map(([short, shape]): GraphNode => ({
      name: `${within}${short}`,
      operation: "VariableV2",
      inputs: [],
      shape,
    }));
    const ways = layer.branches?.map((branch) => chainOf(branch, { before, group: within }));
    // A way without layers is an edge around the others.
    const inputs = ways
      ? ways.map(({ output }) => output)
      : [before, ...owned.map(({ name }) => name)];
    const output = `${within}${layer.name}`;
    const operation = ways ? "Add" : camelCase(layer.kind);
    const shape = [-1, ...layer.outputShape.slice(1)];
    const inner = ways ? ways.flatMap(({ nodes }) => nodes) : owned;
    nodes.push(...inner, { name: output, operation, inputs, shape });
    before = output;
  }
  return { nodes, output: before };
}

/** The nodes as a `GraphDef` message. */
export function encodeGraph(nodes: readonly GraphNode[]): Uint8Array<ArrayBuffer> {
  return joined([
    ...nodes.map(({ name, operation, inputs, shape }) =>
      messageField(1, [
        textField(1, name),
        textField(2, operation),
        ...inputs.map((input) => textField(3, input)),
        // attr["_output_shapes"] = list { shape }
        messageField(5, [
          textField(1, "_output_shapes"),
          messageField(2, [messageField(1, [messageField(7, shape.map(encodeSize))])]),
        ]),
      ])
    ),
    messageField(4, [integerField(1, producer)]),
  ]);
}

/** The version of the graph's form: any that is not older than what TensorBoard reads. */
const producer = 22;

function encodeSize(size: number): Uint8Array {
  return messageField(2, [size < 0 ? unknownSize : integerField(1, size)]);
}

/** −1 as an `int64`: ten bytes. */
const unknownSize = Uint8Array.from([
  0x08,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  0xff,
  1,
]);

function camelCase(kind: string): string {
  return kind.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}
