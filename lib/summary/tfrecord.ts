/**
 * TFRecord: records of bytes, each with its length and two checksums.
 *
 * ```
 * length u64 | masked CRC-32C of the length u32 | bytes | masked CRC-32C of the bytes u32
 * ```
 *
 * @module
 */
import { maskedCrc32c } from "./crc32c.ts";

/** Bytes before and after those of a record. */
const header = 12, footer = 4;

/** The longest record that is believed; an event has some images at most. */
const longest = 2 ** 28;

/** A record with its frame. */
export function frameRecord(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(header + bytes.length + footer);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(bytes, header);
  view.setUint32(header + bytes.length, maskedCrc32c(bytes), true);
  return framed;
}

/** What {@linkcode readRecord} finds at a place. */
export type FoundRecord =
  | {
    /** A whole record. */
    readonly bytes: Uint8Array;
    /** The place behind it. */
    readonly end: number;
  }
  | {
    /** Nothing yet: the bytes end before the record does, which takes at least so many. */
    readonly missing: number;
  }
  | {
    /** No record: a sentence on what is wrong. */
    readonly corrupt: string;
  };

/** The record that begins at a place. Never throws. */
export function readRecord(bytes: Uint8Array, start: number): FoundRecord {
  if (bytes.length - start < header) return { missing: header };
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.length - start);
  const length = Number(view.getBigUint64(0, true));
  if (maskedCrc32c(bytes.subarray(start, start + 8)) !== view.getUint32(8, true)) {
    return { corrupt: "the length of the record does not fit its checksum" };
  }
  if (length > longest) {
    return { corrupt: `the record is said to have ${length} bytes` };
  }
  const end = start + header + length + footer;
  if (bytes.length < end) return { missing: end - start };
  const body = bytes.subarray(start + header, end - footer);
  if (maskedCrc32c(body) !== view.getUint32(header + length, true)) {
    return { corrupt: "the record does not fit its checksum" };
  }
  return { bytes: body, end };
}
