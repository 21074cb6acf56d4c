/**
 * Which way up a photograph is.
 *
 * Source: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, section 4.6
 *
 * @module
 */

/** Markers of a JPEG file: its start, a segment that may hold Exif, and the start of its pixels. */
const SOI = 0xffd8, APP1 = 0xffe1, SOS = 0xffda;

/** The tag of the field that is looked for. */
const ORIENTATION = 0x0112;

/**
 * The orientation that a camera wrote into a JPEG file, 1 to 8: 1 is upright, 2 to 4 are mirrored or
 * upside down, 5 to 8 have rows and columns swapped. A file without one, or with one that cannot be
 * read, is taken as upright.
 */
export function orientationOf(jpeg: Uint8Array): number {
  const view = viewOf(jpeg);
  try {
    if (view.getUint16(0) !== SOI) return 1;
    for (let at = 2; view.getUint16(at) !== SOS; at += 2 + view.getUint16(at + 2)) {
      const exif = view.getUint16(at) === APP1 && view.getUint32(at + 4) === 0x45786966; // "Exif"
      if (exif) return readOrientation(viewOf(jpeg.subarray(at + 10)));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a length that leads out of the file
  }
  return 1;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The field in a TIFF directory, which is how Exif lies in the segment. */
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
