/**
 * Which way up a photograph is.
 *
 * Source: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, section 4.6;
 * https://www.w3.org/TR/png-3/, section 11.3.3.5
 *
 * @module
 */
import { chunksOf } from "./png_bounds.ts";

/** Markers of a JPEG file: its start, a segment that may hold Exif, the start of its pixels; and what fills. */
const SOI = 0xffd8, APP1 = 0xffe1, SOS = 0xffda, FILL = 0xffff;

/** The tag of the field that is looked for. */
const ORIENTATION = 0x0112;

/**
 * The orientation that a camera wrote into a JPEG file, 1 to 8: 1 is upright, 2 to 4 are mirrored or
 * upside down, 5 to 8 have rows and columns swapped. A file without one, or with one that cannot be
 * read, is taken as upright.
 */
export function orientationOfJpeg(jpeg: Uint8Array): number {
  return uprightIfDamaged(() => {
    const view = viewOf(jpeg);
    if (view.getUint16(0) !== SOI) return 1;
    for (let at = 2; view.getUint16(at) !== SOS;) {
      if (view.getUint16(at) === FILL) {
        at++; // any number of bytes may stand before a marker
        continue;
      }
      const exif = view.getUint16(at) === APP1 && view.getUint32(at + 4) === 0x45786966; // "Exif"
      if (exif) return readOrientation(viewOf(jpeg.subarray(at + 10)));
      at += 2 + view.getUint16(at + 2);
    }
    return 1;
  });
}

/** {@linkcode orientationOfJpeg} for a PNG file, whose chunk `eXIf` holds the same. */
export function orientationOfPng(png: Uint8Array): number {
  return uprightIfDamaged(() => {
    for (const { type, data } of chunksOf(png)) {
      if (type === "eXIf") return readOrientation(viewOf(data));
    }
    return 1;
  });
}

function uprightIfDamaged(read: () => number): number {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a length or a place that leads out of the file
    return 1;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The field in a TIFF directory, which is how Exif lies in both. */
function readOrientation(tiff: DataView): number {
  const little = tiff.getUint16(0) === 0x4949; // "II"
  const directory = tiff.getUint32(4, little);
  const fields = tiff.getUint16(directory, little);
  for (let i = 0; i < fields; i++) {
    const field = directory + 2 + 12 * i;
    if (tiff.getUint16(field, little) !== ORIENTATION) continue;
    const orientation = tiff.getUint16(field + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
