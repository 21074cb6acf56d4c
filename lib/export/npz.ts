/**
 * Arrays as numpy keeps them.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import { zipSync } from "fflate";
import { type Dtype, type HostTensor, tensorProblem } from "./tensor_types.ts";

const descriptions: Partial<Record<Dtype, string>> = {
  F64: "<f8",
  F32: "<f4",
  F16: "<f2",
  I64: "<i8",
  I32: "<i4",
  I16: "<i2",
  I8: "|i1",
  U64: "<u8",
  U32: "<u4",
  U16: "<u2",
  U8: "|u1",
};

/**
 * An array as an `.npy` file, version 1.
 *
 * @throws {RangeError} if numpy has no such type, or the data is not of its shape or type
 *
 * @example
 * ```ts
 * import { encodeNpy } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const file = encodeNpy({ dtype: "F32", shape: [2], data: Float32Array.of(1, 2) });
 * assertEquals(new TextDecoder().decode(file.subarray(1, 6)), "NUMPY");
 * ```
 */
export function encodeNpy(tensor: HostTensor): Uint8Array<ArrayBuffer> {
  return encode(tensor, "the array");
}

function encode(tensor: HostTensor, name: string): Uint8Array<ArrayBuffer> {
  const { dtype, shape, data } = tensor;
  const description = descriptions[dtype];
  const problem = description ? tensorProblem(tensor) : `numpy has no type ${dtype}`;
  if (problem) throw new RangeError(`Cannot write ${name}: ${problem}`);
  const sizes = shape.map((size) => `${size},`).join(" ");
  const words = `{'descr': '${description}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  // The data begin at a multiple of 64 bytes.
  const length = Math.ceil((magic.length + 2 + words.length + 1) / 64) * 64 - magic.length - 2;
  const header = new TextEncoder().encode(words.padEnd(length - 1) + "\n");
  const bytes = new Uint8Array(magic.length + 2 + length + data.byteLength);
  bytes.set([...magic, length & 255, length >> 8]);
  bytes.set(header, magic.length + 2);
  bytes.set(
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    magic.length + 2 + length,
  );
  return bytes;
}

/**
 * Arrays by name as an `.npz` file: `numpy.load(file)["conv1/weights"]`.
 *
 * @throws {RangeError} if numpy has no such type, or an array's data is not of its shape or type, naming it
 *
 * @example
 * ```ts
 * import { encodeNpz, Rng, tensorsOf, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const table = tutorialNetwork().parameters;
 * const parameters = table.initialize(Rng.from(1)); // or what was learned
 * const file = encodeNpz(tensorsOf(parameters, { table }));
 * assertEquals(new TextDecoder().decode(file.subarray(0, 2)), "PK");
 * ```
 */
export function encodeNpz(tensors: Readonly<Record<string, HostTensor>>): Uint8Array<ArrayBuffer> {
  const files = Object.entries(tensors).map((
    [name, tensor],
  ) => [`${name}.npy`, encode(tensor, `"${name}"`)]);
  // The same arrays give the same bytes, so the time is that of the format's beginning.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(files), { level: 0, mtime }) as Uint8Array<ArrayBuffer>;
}
