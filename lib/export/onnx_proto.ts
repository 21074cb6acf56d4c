/**
 * ONNX's messages, as far as networks of ours take them.
 *
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 *
 * @module
 */
import {
  bytesField,
  floatField,
  integerField,
  integersField,
  joined,
  messageField,
  textField,
} from "../protobuf.ts";

/** A number, a list of whole numbers, of an operation. */
export type OnnxAttribute = { readonly float: number } | number | readonly number[];

const elementTypes = { float: 1, uint8: 2, int64: 7 } as const;

/** What elements are stored as. */
export type OnnxElement = keyof typeof elementTypes;

/** An operation. */
export interface OnnxNode {
  /** Which. */
  readonly operation: string;
  /** Its name. */
  readonly name: string;
  /** What it takes. */
  readonly inputs: readonly string[];
  /** What it gives. */
  readonly outputs: readonly string[];
  /** What else decides what it computes. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A node as a message. */
export function encodeNode(
  { operation, name, inputs, outputs, attributes }: OnnxNode,
): Uint8Array {
  return joined([
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, operation),
    ...Object.entries(attributes).map(([name, value]) =>
      messageField(5, encodeAttribute(name, value))
    ),
  ]);
}

const attributeTypes = { float: 1, integer: 2, integers: 7 } as const;

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array[] {
  const typed = (type: keyof typeof attributeTypes) => integerField(20, attributeTypes[type]);
  if (typeof value === "number") {
    return [textField(1, name), integerField(3, value), typed("integer")];
  }
  if ("float" in value) return [textField(1, name), floatField(2, value.float), typed("float")];
  // Packed, though `ints` is proto2's repeated field: readers take it in either form.
  return [textField(1, name), integersField(8, value), typed("integers")];
}

/** Numbers as a message. */
export function encodeTensor(
  { name, shape, data }: {
    name: string;
    shape: readonly number[];
    data: Float32Array | BigInt64Array;
  },
): Uint8Array {
  const type = data instanceof Float32Array ? "float" : "int64";
  return joined([
    integersField(1, shape),
    integerField(2, elementTypes[type]),
    textField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

/** The type of an input or output as a message; a size that is a word is one that varies. */
export function encodeValue(
  { name, element, shape }: {
    name: string;
    element: OnnxElement;
    shape: readonly (number | string)[];
  },
): Uint8Array {
  const sizes = shape.map((size) =>
    messageField(1, [typeof size === "number" ? integerField(1, size) : textField(2, size)])
  );
  const tensor = [integerField(1, elementTypes[element]), messageField(2, sizes)];
  return joined([textField(1, name), messageField(2, [messageField(1, tensor)])]);
}

/** The operators' version, and the form's. */
export const opset = 17;
const form = 8;

/** A model as a file. */
export function encodeModel(
  { nodes, tensors, inputs, outputs, name, metadata }: {
    nodes: readonly Uint8Array[];
    tensors: readonly Uint8Array[];
    inputs: readonly Uint8Array[];
    outputs: readonly Uint8Array[];
    name: string;
    metadata: Readonly<Record<string, string>>;
  },
): Uint8Array<ArrayBuffer> {
  const all = (field: number, messages: readonly Uint8Array[]) =>
    messages.map((message) => bytesField(field, message));
  return joined([
    integerField(1, form),
    textField(2, "tower"),
    messageField(7, [
      ...all(1, nodes),
      textField(2, name),
      ...all(5, tensors),
      ...all(11, inputs),
      ...all(12, outputs),
    ]),
    messageField(8, [textField(1, ""), integerField(2, opset)]),
    ...Object.entries(metadata).map(([key, value]) =>
      messageField(14, [textField(1, key), textField(2, value)])
    ),
  ]);
}
