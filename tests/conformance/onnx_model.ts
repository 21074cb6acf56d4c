/**
 * ONNX's own tests of single operations, as Debian's package `libonnx-testdata` has them: a model of one
 * node, its inputs and its outputs.
 *
 * @module
 */
import protobuf from "protobufjs";
import { type Array64, array64 } from "../support/reference.ts";

/** Where the package puts them. */
const home = "/usr/share/libonnx-testdata/data";

/** Whether it is installed. */
export const onnxInstalled: boolean = exists(home);

/** A tensor with the type of its elements, as `TensorProto.DataType` numbers them. */
export interface OnnxTensor extends Array64 {
  readonly type: number;
}

/** `TensorProto.FLOAT`. */
export const float = 1;

/** A test of one operation. */
export interface OnnxTest {
  /** Folder and name. */
  readonly name: string;
  readonly op: string;
  /** The version of the operations' definitions. */
  readonly opset: number;
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
  /** In the order of the operation; left out ones are undefined. */
  readonly inputs: readonly (OnnxTensor | undefined)[];
  readonly outputs: readonly OnnxTensor[];
}

/** As much of onnx.proto as these tests use. */
const { root } = protobuf.parse(`
syntax = "proto3";
package onnx;
message TensorProto {
  repeated int64 dims = 1;
  int32 data_type = 2;
  repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true];
  repeated int64 int64_data = 7 [packed = true];
  string name = 8;
  bytes raw_data = 9;
}
message AttributeProto {
  string name = 1;
  float f = 2;
  int64 i = 3;
  bytes s = 4;
  repeated float floats = 7;
  repeated int64 ints = 8;
  enum Type { UNDEFINED = 0; FLOAT = 1; INT = 2; STRING = 3; TENSOR = 4; GRAPH = 5; FLOATS = 6; INTS = 7; }
  Type type = 20;
}
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message ValueInfoProto { string name = 1; }
message GraphProto {
  repeated NodeProto node = 1;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto { GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`);

/** All tests of a model of one node that is one of these operations, in the order of their names. */
export function onnxTests(operations: readonly string[]): OnnxTest[] {
  const folders = ["node", "pytorch-converted", "pytorch-operator"];
  return folders.flatMap((folder) =>
    namesIn(`${home}/${folder}`).flatMap((name) => read(`${folder}/${name}`, operations) ?? [])
  );
}

function read(name: string, operations: readonly string[]): OnnxTest | undefined {
  const model = decode("ModelProto", Deno.readFileSync(`${home}/${name}/model.onnx`));
  const { node: nodes, initializer, input } = model.graph;
  // Functions that were written out as graphs test no operation of ours but their parts.
  if (nodes.length !== 1 || !operations.includes(nodes[0].opType)) return undefined;
  const [node] = nodes;
  const files = namesIn(`${home}/${name}/test_data_set_0`);
  const tensors = (prefix: string) =>
    files.filter((file) => file.startsWith(prefix)).sort(byNumber).map((file) =>
      tensorOf(
        decode("TensorProto", Deno.readFileSync(`${home}/${name}/test_data_set_0/${file}`)),
      )
    );
  const named = new Map<string, OnnxTensor>();
  for (const tensor of initializer) named.set(tensor.name, tensorOf(tensor));
  const given = tensors("input_");
  const names: string[] = input.map((value: { name: string }) => value.name);
  const free = names.filter((name) => !named.has(name));
  (free.length === given.length ? free : names).slice(0, given.length)
    .forEach((name, index) => named.set(name, given[index]));
  return {
    name,
    op: node.opType,
    opset: model.opsetImport[0]?.version ?? 1,
    attributes: Object.fromEntries(node.attribute.map(attributeOf)),
    inputs: node.input.map((name: string) => named.get(name)),
    outputs: tensors("output_"),
  };
}

// deno-lint-ignore no-explicit-any -- what protobufjs gives has no static type
type Message = any;

function decode(type: "ModelProto" | "TensorProto", bytes: Uint8Array): Message {
  const message = root.lookupType(`onnx.${type}`);
  return message.toObject(message.decode(bytes), { longs: Number, arrays: true, defaults: true });
}

function attributeOf({ name, type, f, i, s, floats, ints }: Message) {
  const values = [undefined, f, i, new TextDecoder().decode(s), , , floats, ints];
  return [name, values[type]];
}

function tensorOf({ dims, dataType, floatData, int32Data, int64Data, rawData }: Message) {
  // Numbers lie in the field of their type, or in rawData, little-endian.
  const bytes = Uint8Array.from(rawData).buffer;
  const raw: Record<number, () => ArrayLike<number>> = {
    [float]: () => new Float32Array(bytes),
    2: () => new Uint8Array(bytes),
    6: () => new Int32Array(bytes),
    7: () => Array.from(new BigInt64Array(bytes), Number),
    9: () => new Uint8Array(bytes),
    11: () => new Float64Array(bytes),
  };
  const listed = [floatData, int32Data, int64Data].find((list) => list.length > 0);
  const values = listed ?? raw[dataType]?.() ?? [];
  return { ...array64(dims, values), type: dataType };
}

function byNumber(a: string, b: string): number {
  const number = (file: string) => Number(file.match(/\d+/)![0]);
  return number(a) - number(b);
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
