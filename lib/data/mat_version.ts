/**
 * Which MAT-file it is.
 *
 * Source: MathWorks, "MAT-File Format", Level 5 and Level 4.
 *
 * @module
 */

/** Bytes before the first element of a file of version 5 to 7. */
export const HEADER = 128;

/**
 * What kind of file starts so: `5` with the order of its bytes, or the name of another version or form in which
 * MATLAB and Octave save; nothing if it is none.
 *
 * @param start the first {@linkcode HEADER} bytes, or all of a shorter file
 */
export function matVersion(
  start: Uint8Array,
): { readonly version: "5"; readonly little: boolean } | { readonly version: string } | undefined {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const letters = new TextDecoder("latin1").decode(start);
  if (letters.startsWith("# Created by Octave")) return { version: "a text file of Octave" };
  if (start[0] === 0x89 && letters.startsWith("HDF", 1)) return { version: "version 7.3 (HDF5)" };
  if (start.length === HEADER && /(IM|MI)$/.test(letters)) {
    const little = letters.endsWith("IM");
    const version = view.getUint16(124, little);
    if (version === 0x0100) return { version: "5", little };
    if (version === 0x0200) return { version: "version 7.3 (HDF5)" };
  }
  return [true, false].some((little) => isVersion4(view, little))
    ? { version: "version 4" }
    : undefined;
}

/** A file of version 4 begins with its first variable: five numbers of four bytes, the last its name's length. */
function isVersion4(view: DataView, little: boolean): boolean {
  if (view.byteLength < 20) return false;
  const [type, rows, columns, imaginary, nameLength] = [0, 4, 8, 12, 16]
    .map((at) => view.getInt32(at, little));
  const [order, zero, numbers, kind] = [1000, 100, 10, 1].map((unit) =>
    Math.floor(type / unit) % 10
  );
  return type >= 0 && order === (little ? 0 : 1) && zero === 0 && numbers <= 5 && kind <= 2 &&
    rows >= 0 && columns >= 0 && (imaginary === 0 || imaginary === 1) &&
    nameLength > 1 && nameLength <= 64;
}
