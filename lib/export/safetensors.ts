/**
 * Tensors as the bytes of a safetensors file: eight bytes with the length of a JSON header
 * (little-endian), the header, then the tensors' bytes end to end. Nothing here touches files, so that
 * browsers can read what was learned elsewhere.
 *
 * Source: the format's description at https://github.com/huggingface/safetensors.
 *
 * @module
 */

import { parseHeader, SafetensorsError, type TensorEntry } from "./safetensors_header.ts";
import {
  elementCount,
  type HostTensor,
  tensorArrayClasses,
  tensorProblem,
} from "./tensor_types.ts";

export { SafetensorsError };

/** What a safetensors file holds. */
export interface Safetensors {
  /** Tensors by name. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Whatever else is to be known, as texts. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file, in pieces; the tensors are not copied. Wider elements come first
 * and equals by name, so that each tensor is aligned and the same content gives the same bytes.
 *
 * @param content `metadata` may be left out
 * @throws {SafetensorsError} if a tensor's data is not of its shape or type
 *
 * @example Parameters to bytes and back
 * ```ts
 * import { arenaOf, decodeSafetensors, dense, encodeSafetensors, Rng, sequential, tensorsOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const { parameters: table } = sequential([4], [dense({ units: 2 })]);
 * const parameters = table.initialize(Rng.from(1));
 * const pieces = encodeSafetensors({ tensors: tensorsOf(parameters, { table }) });
 * const bytes = await new Blob(pieces).bytes();
 * const { tensors } = decodeSafetensors(bytes);
 * assertEquals(tensors["dense/weights"].shape, [4, 2]);
 * assertEquals(arenaOf(tensors, { table }), parameters);
 * ```
 */
export function encodeSafetensors(
  { tensors, metadata = {} }: Partial<Safetensors> & Pick<Safetensors, "tensors">,
): Uint8Array<ArrayBuffer>[] {
  const width = (name: string) => tensors[name].data.BYTES_PER_ELEMENT;
  const names = Object.keys(tensors).sort((a, b) => width(b) - width(a) || (a < b ? -1 : 1));
  const keys = Object.keys(metadata).sort();
  const header: [string, unknown][] = keys.length === 0
    ? []
    : [["__metadata__", Object.fromEntries(keys.map((key) => [key, metadata[key]]))]];
  let offset = 0;
  for (const name of names) {
    const tensor = tensors[name];
    checkTensor(name, tensor);
    const end = offset + tensor.data.byteLength;
    const { dtype, shape } = tensor;
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  return [encodeHeader(Object.fromEntries(header)), ...names.map((name) => bytesOf(tensors[name]))];
}

/**
 * Reads the bytes of a safetensors file, trusting none of them. Tensors are views into `bytes` where
 * these are aligned. {@linkcode arenaOf} makes a model's parameters of them.
 *
 * @param source What to call the bytes in an error: the name of the file.
 * @throws {SafetensorsError} if they are not a whole and consistent file
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const biases = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const pieces = encodeSafetensors({ tensors: { biases }, metadata: { step: "10" } });
 * const { tensors, metadata } = decodeSafetensors(await new Blob(pieces).bytes());
 * assertEquals([tensors.biases, metadata.step], [biases, "10"]);
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array, source = "the tensors"): Safetensors {
  const { entries, metadata, dataStart } = parseHeader(bytes, source);
  const tensors = entries.map((entry) => [entry.name, readTensor(bytes, dataStart, entry)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

function checkTensor(name: string, tensor: HostTensor): void {
  if (name === "__metadata__") {
    throw new SafetensorsError(
      `Cannot write tensor "${name}": the format keeps that name for itself`,
    );
  }
  const problem = tensorProblem(tensor);
  if (problem) throw new SafetensorsError(`Cannot write tensor "${name}": ${problem}`);
}

/** The length and the JSON, filled up with spaces to a multiple of 8 bytes. */
function encodeHeader(header: Record<string, unknown>): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function bytesOf({ data }: HostTensor): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function readTensor(bytes: Uint8Array, dataStart: number, entry: TensorEntry): HostTensor {
  const { dtype, shape, begin, end } = entry;
  const arrayClass = tensorArrayClasses[dtype];
  const start = bytes.byteOffset + dataStart + begin;
  const aligned = start % arrayClass.BYTES_PER_ELEMENT === 0;
  const data = aligned ? new arrayClass(bytes.buffer, start, elementCount(shape)) : new arrayClass(
    bytes.slice(dataStart + begin, dataStart + end).buffer,
    0,
    elementCount(shape),
  );
  return { dtype, shape, data } as HostTensor;
}
