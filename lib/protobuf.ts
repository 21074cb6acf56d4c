/**
 * As much of the protocol buffers' wire format as event files and ONNX take.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */

const encoder = new TextEncoder();

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A whole number, at least 0. */
export function integerField(field: number, value: number): Uint8Array {
  return joined([varint(field * 8 + wire.varint), varint(value)]);
}

/** Whole numbers, at least 0, packed. */
export function integersField(field: number, values: readonly number[]): Uint8Array {
  return bytesField(field, joined(values.map(varint)));
}

/** A number of 64 bits. */
export function doubleField(field: number, value: number): Uint8Array {
  return joined([
    varint(field * 8 + wire.fixed64),
    new Uint8Array(Float64Array.of(value).buffer),
  ]);
}

/** A number of 32 bits. */
export function floatField(field: number, value: number): Uint8Array {
  return joined([
    varint(field * 8 + wire.fixed32),
    new Uint8Array(Float32Array.of(value).buffer),
  ]);
}

/** Bytes, be they a message or not. */
export function bytesField(field: number, value: Uint8Array): Uint8Array {
  return joined([varint(field * 8 + wire.bytes), varint(value.length), value]);
}

/** A text. */
export function textField(field: number, value: string): Uint8Array {
  return bytesField(field, encoder.encode(value));
}

/** A message of fields. */
export function messageField(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytesField(field, joined(fields));
}

/** Numbers of 64 bits, packed. */
export function doublesField(field: number, values: readonly number[]): Uint8Array {
  return bytesField(field, new Uint8Array(Float64Array.from(values).buffer));
}

/** Parts, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function varint(value: number): Uint8Array {
  if (value < 128) return Uint8Array.of(value);
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Uint8Array.from([...bytes, value]);
}

/** The bytes are no message. */
export class ProtobufError extends Error {
  /** The name of the class. */
  override readonly name: string = "ProtobufError";
}

/** A field as it lies in a message; what its value is depends on what it was written as. */
export interface Field {
  /** Its number. */
  readonly field: number;
  /** Of a whole number, or of one of 32 or 64 bits. */
  readonly number: number;
  /** Of anything else. */
  readonly bytes: Uint8Array;
}

const none = new Uint8Array();

/**
 * The fields of a message.
 *
 * @throws {ProtobufError} if the bytes end within one, or one is of a type that there is not
 */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const take = (count: number): number => {
    if (!(count <= bytes.length - at)) throw new ProtobufError("a field ends beyond its message");
    at += count;
    return at - count;
  };
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      const byte = bytes[take(1)];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new ProtobufError("a number has more than ten bytes");
  };
  while (at < bytes.length) {
    const key = readVarint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case wire.varint:
        yield { field, number: readVarint(), bytes: none };
        break;
      case wire.fixed64:
        yield { field, number: view.getFloat64(take(8), true), bytes: none };
        break;
      case wire.fixed32:
        yield { field, number: view.getFloat32(take(4), true), bytes: none };
        break;
      case wire.bytes: {
        const length = readVarint();
        const start = take(length);
        yield { field, number: 0, bytes: bytes.subarray(start, start + length) };
        break;
      }
      default:
        throw new ProtobufError(`a field is of type ${key % 8}, which there is not`);
    }
  }
}

/** Packed numbers of 64 bits; a rest of fewer bytes is left out. */
export function readDoubles(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length >> 3 }, (_, i) => view.getFloat64(i * 8, true));
}
