/**
 * Tensors in files, in the safetensors format: eight bytes with the length of a JSON header
 * (little-endian), the header, then the tensors' bytes end to end.
 *
 * Source: the format's description at https://github.com/huggingface/safetensors.
 *
 * @module
 */

import { writeFileAtomically } from "../files.ts";
import { parseHeader, SafetensorsError, type TensorEntry } from "./safetensors_header.ts";
import { elementCount, type HostTensor, tensorArrayClasses } from "./tensor_types.ts";

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
 * @throws {SafetensorsError} if a tensor's data is not of its shape or type
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array[] {
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
 * these are aligned.
 *
 * @param source What to call the bytes in an error: the name of the file.
 * @throws {SafetensorsError} if they are not a whole and consistent file
 */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const { entries, metadata, dataStart } = parseHeader(bytes, source);
  const tensors = entries.map((entry) => [entry.name, readTensor(bytes, dataStart, entry)]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Writes a safetensors file, whole or not at all.
 *
 * @throws {SafetensorsError} if a tensor's data is not of its shape or type
 * @throws {Error} if the file cannot be written
 */
export async function writeSafetensors(path: string, content: Safetensors): Promise<void> {
  await writeFileAtomically(path, encodeSafetensors(content));
}

/**
 * Reads a safetensors file.
 *
 * @throws {SafetensorsError} if the file is not whole and consistent
 * @throws {Deno.errors.NotFound} if there is no such file
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await Deno.readFile(path), path);
}

function checkTensor(name: string, { dtype, shape, data }: HostTensor): void {
  const arrayClass = tensorArrayClasses[dtype];
  if (name === "__metadata__") {
    throw new SafetensorsError(
      `Cannot write tensor "${name}": the format keeps that name for itself`,
    );
  }
  if (!(data instanceof (arrayClass as unknown as new () => object))) {
    throw new SafetensorsError(
      `Cannot write tensor "${name}": ${dtype} needs another array than ${data.constructor.name}`,
    );
  }
  if (data.length !== elementCount(shape)) {
    throw new SafetensorsError(
      `Cannot write tensor "${name}": shape [${shape}] needs ${elementCount(shape)} elements, ` +
        `got ${data.length}`,
    );
  }
}

/** The length and the JSON, filled up with spaces to a multiple of 8 bytes. */
function encodeHeader(header: Record<string, unknown>): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
