/** The messages of event files, as TensorFlow's .proto files define them, for an independent decoder. */
import protobuf from "protobufjs";

const definitions = `
syntax = "proto3";
package tensorflow;
message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what {
    string file_version = 3;
    bytes graph_def = 4;
    Summary summary = 5;
    SessionLog session_log = 7;
  }
}
message SessionLog {
  enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
  SessionStatus status = 1;
}
message SummaryMetadata {
  message PluginData { string plugin_name = 1; bytes content = 2; }
  PluginData plugin_data = 1;
}
message HistogramProto {
  double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
  repeated double bucket_limit = 6 [packed = true];
  repeated double bucket = 7 [packed = true];
}
message Summary {
  message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
  message Value {
    string tag = 1;
    SummaryMetadata metadata = 9;
    oneof value { float simple_value = 2; Image image = 4; HistogramProto histo = 5; TensorProto tensor = 8; }
  }
  repeated Value value = 1;
}
message TensorShapeProto {
  message Dim { int64 size = 1; string name = 2; }
  repeated Dim dim = 2;
  bool unknown_rank = 3;
}
message TensorProto { int32 dtype = 1; TensorShapeProto tensor_shape = 2; repeated bytes string_val = 8; }
message AttrValue {
  message ListValue { repeated TensorShapeProto shape = 7; }
  oneof value { ListValue list = 1; bytes s = 2; int64 i = 3; TensorShapeProto shape = 7; }
}
message NodeDef {
  string name = 1; string op = 2; repeated string input = 3; string device = 4;
  map<string, AttrValue> attr = 5;
}
message VersionDef { int32 producer = 1; int32 min_consumer = 2; }
message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
`;

const { root } = protobuf.parse(definitions);

// deno-lint-ignore no-explicit-any -- what protobufjs gives has no static type
export type Message = any;

/** Decodes a message of a type of the definitions. */
export function decode(type: "Event" | "GraphDef", bytes: Uint8Array): Message {
  const message = root.lookupType(`tensorflow.${type}`);
  return message.toObject(message.decode(bytes), { longs: Number, enums: String });
}

/** Encodes one. */
export function encode(type: "Event", value: Message): Uint8Array {
  const message = root.lookupType(`tensorflow.${type}`);
  return message.encode(message.fromObject(value)).finish();
}
