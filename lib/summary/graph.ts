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
  /** Its parameters by their short names, with their shapes. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

/** The nodes of layers in order: each with its parameters as nodes of its group, and the input before. */
export function graphOf(
  layers: readonly GraphLayer[],
  { input }: { input: readonly number[] },
): GraphNode[] {
  const nodes: GraphNode[] = [
    { name: "images", operation: "Placeholder", inputs: [], shape: [-1, ...input] },
  ];
  let before = "images";
  for (const { name, kind, outputShape, parameters } of layers) {
    const owned = Object.entries(parameters).map(([short, shape]): GraphNode => ({
      name: `${name}/${short}`,
      operation: "VariableV2",
      inputs: [],
      shape,
    }));
    const output = `${name}/${name}`;
    const shape = [-1, ...outputShape.slice(1)];
    const inputs = [before, ...owned.map(({ name }) => name)];
    nodes.push(...owned, { name: output, operation: camelCase(kind), inputs, shape });
    before = output;
  }
  return nodes;
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
