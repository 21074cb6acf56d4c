/**
 * The arrays of a MAT-file as they lie in bytes.
 *
 * Source: MathWorks, "MAT-File Format", Level 5.
 *
 * @module
 */

import type { ByteReader } from "./byte_reader.ts";

/** Kinds of elements at the top of a file. */
export const miMATRIX = 14, miCOMPRESSED = 15;

/** How numbers lie in bytes, by the number of their type. */
const numberTypes: Readonly<Record<number, { name: string; bytes: number }>> = {
  1: { name: "int8", bytes: 1 },
  2: { name: "uint8", bytes: 1 },
  3: { name: "int16", bytes: 2 },
  4: { name: "uint16", bytes: 2 },
  5: { name: "int32", bytes: 4 },
  6: { name: "uint32", bytes: 4 },
  7: { name: "single", bytes: 4 },
  9: { name: "double", bytes: 8 },
};

/** What arrays are of, by the number of their class. */
const classNames = [
  ..."unknown cell struct object char sparse double single int8 uint8 int16 uint16 int32 uint32"
    .split(" "),
  "int64",
  "uint64",
];

/** What precedes the numbers of an array. */
export interface MatHeader {
  /** The variable's name. */
  readonly name: string;
  /** What it is of, such as `double`. */
  readonly className: string;
  /** Its sizes; the first is the axis along which numbers follow one another. */
  readonly dims: readonly number[];
  /** How its numbers are stored, which may be smaller than what they are: `uint8` for small doubles. */
  readonly stored: string;
  /** Bytes of the numbers. */
  readonly bytes: number;
  /** The numbers themselves where they are in the element's tag. */
  readonly small?: Uint8Array;
}

/** A tag: the type of an element and its length, which may be followed at once by up to four bytes. */
interface Tag {
  readonly type: number;
  readonly bytes: number;
  readonly small?: Uint8Array;
}

/** What is wrong with an array, to be told with the file's name. */
export class MatError extends Error {}

/** Reads a tag of eight bytes. */
export async function readTag(reader: ByteReader, little: boolean): Promise<Tag> {
  const tag = await reader.take(8);
  const word = tag.getUint32(0, little);
  const bytes = word >>> 16; // of a small element; others have a type below 2¹⁶
  if (bytes === 0) return { type: word, bytes: tag.getUint32(4, little) };
  if (bytes > 4) throw new MatError(`a small element of ${bytes} bytes`);
  return { type: word & 0xffff, bytes, small: new Uint8Array(tag.buffer, 4, bytes) };
}

/**
 * Reads an array up to its numbers.
 *
 * @throws {MatError} if something else is there
 */
export async function readMatHeader(reader: ByteReader, little: boolean): Promise<MatHeader> {
  const flags = await readPart(reader, { little, what: "flags", most: 8 });
  const shape = await readPart(reader, { little, what: "sizes", most: 128 });
  const letters = await readPart(reader, { little, what: "a name", most: 256 });
  if (flags.byteLength < 8) throw new MatError("no array flags");
  const word = flags.getUint32(0, little);
  const className = classNames[word & 0xff] ?? "unknown";
  const dims = Array.from(
    { length: shape.byteLength >> 2 },
    (_, i) => shape.getInt32(4 * i, little),
  );
  const name = new TextDecoder().decode(letters);
  const known = { name, className: word & 0x800 ? `complex ${className}` : className, dims };
  if (!hasNumbers(className)) return { ...known, stored: className, bytes: 0 };
  const { type, bytes, small } = await readTag(reader, little);
  const numbers = numberTypes[type];
  if (!numbers) throw new MatError(`numbers of the unknown type ${type} in ${name}`);
  const needed = dims.reduce((product, size) => product * size, numbers.bytes);
  if (dims.length < 2 || needed !== bytes) {
    throw new MatError(`${bytes} bytes for ${dims.join("×")} ${numbers.name} numbers in ${name}`);
  }
  return { ...known, stored: numbers.name, bytes, small };
}

/** Cells, structures, objects and sparse arrays are made of other elements. */
function hasNumbers(className: string): boolean {
  return !["unknown", "cell", "struct", "object", "char", "sparse", "int64", "uint64"]
    .includes(className);
}

/** A part of an array's header, with what fills it up to a multiple of eight bytes. */
async function readPart(
  reader: ByteReader,
  { little, what, most }: { little: boolean; what: string; most: number },
): Promise<DataView> {
  const { bytes, small } = await readTag(reader, little);
  if (small) return new DataView(small.buffer, small.byteOffset, small.byteLength);
  if (bytes > most) throw new MatError(`${what} of ${bytes} bytes`);
  const part = await reader.take(bytes + (8 - bytes % 8) % 8);
  return new DataView(part.buffer, 0, bytes);
}

/** Numbers out of bytes. */
export function readNumbers(
  bytes: Uint8Array,
  { stored, little }: { stored: string; little: boolean },
): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Record<string, (at: number) => number> = {
    int8: (at) => view.getInt8(at),
    uint8: (at) => view.getUint8(at),
    int16: (at) => view.getInt16(at, little),
    uint16: (at) => view.getUint16(at, little),
    int32: (at) => view.getInt32(at, little),
    uint32: (at) => view.getUint32(at, little),
    single: (at) => view.getFloat32(at, little),
    double: (at) => view.getFloat64(at, little),
  };
  const size = Object.values(numberTypes).find(({ name }) => name === stored)!.bytes;
  return Array.from({ length: bytes.length / size }, (_, i) => read[stored](i * size));
}
