/**
 * The header of a safetensors file, from bytes that may be anything.
 *
 * @module
 */

import { type Dtype, elementCount, isDtype, tensorArrayClasses } from "./tensor_types.ts";

/** A file is no safetensors file, or not a whole one, or content cannot be written as one. */
export class SafetensorsError extends Error {
  /** The name of the class. */
  override readonly name: string = "SafetensorsError";
}

/** Where a tensor lies in a file. */
export interface TensorEntry {
  /** The tensor's name. */
  readonly name: string;
  /** Element type. */
  readonly dtype: Dtype;
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** The byte after the last one. */
  readonly end: number;
}

/** A header in which everything holds. */
export interface SafetensorsHeader {
  /** The tensors, in the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  /** The texts under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where in the file the tensors' bytes begin. */
  readonly dataStart: number;
}

/** The format's own limit. */
const maxHeaderLength = 100_000_000;

/**
 * Reads the header and holds it against the length of the file.
 *
 * @param source What to call the bytes in an error: the name of the file.
 * @throws {SafetensorsError} if anything does not hold
 */
export function parseHeader(bytes: Uint8Array, source: string): SafetensorsHeader {
  const refuse = (what: string): never => {
    throw new SafetensorsError(`Cannot read ${source}: ${what}`);
  };
  if (bytes.length < 8) {
    refuse(`a safetensors file needs at least 8 bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > maxHeaderLength) {
    refuse(`this is no safetensors file: its header would be ${length} bytes long`);
  }
  const dataStart = 8 + length;
  if (dataStart > bytes.length) {
    refuse(`the file is cut off: its header ends at byte ${dataStart} and it has ${bytes.length}`);
  }
  const header = parseObject(bytes.subarray(8, dataStart)) ??
    refuse("this is no safetensors file: its header is not a JSON object");

  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isObject(metadata) || !Object.values(metadata).every((x) => typeof x === "string")) {
    refuse("needs texts under __metadata__, got something else");
  }
  const entries = Object.entries(rest)
    .map(([name, entry]) => parseEntry(name, entry, refuse))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, bytes.length - dataStart, refuse);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

type Refuse = (what: string) => never;

function parseEntry(name: string, entry: unknown, refuse: Refuse): TensorEntry {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isObject(entry)) return refuse(`${tensor} needs an object in the header`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) {
    const known = Object.keys(tensorArrayClasses).join(", ");
    return refuse(`${tensor} needs one of the types ${known}, got ${JSON.stringify(dtype)}`);
  }
  if (!isSizes(shape)) {
    return refuse(`${tensor} needs a list of sizes as its shape, got ${JSON.stringify(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    return refuse(`${tensor} needs two data_offsets, got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets;
  const needed = elementCount(shape) * tensorArrayClasses[dtype].BYTES_PER_ELEMENT;
  if (end - begin !== needed) {
    return refuse(`${tensor} of ${dtype} [${shape}] needs ${needed} bytes, got ${end - begin}`);
  }
  return { name, dtype, shape, begin, end };
}

/** Every byte belongs to exactly one tensor. */
function checkCoverage(entries: readonly TensorEntry[], length: number, refuse: Refuse): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    const tensor = `tensor ${JSON.stringify(name)}`;
    if (begin < covered) refuse(`${tensor} overlaps the one before it`);
    if (begin > covered) refuse(`there are ${begin - covered} bytes of no tensor before ${tensor}`);
    if (end > length) {
      refuse(
        `the file is cut off: ${tensor} ends at byte ${end} of the data and there are ${length}`,
      );
    }
    covered = end;
  }
  if (covered < length) refuse(`there are ${length - covered} bytes of no tensor at its end`);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
