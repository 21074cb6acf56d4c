/**
 * The checksum of event files: CRC-32C (Castagnoli), and the mask that TFRecord puts over it.
 *
 * @module
 */

/** The reflected polynomial 0x1EDC6F41. */
const polynomial = 0x82f63b78;

/** Four tables, so that four bytes go into the sum at a time ("slicing"; Kounavis and Berry, 2008). */
const tables = makeTables();

function makeTables(): readonly Uint32Array[] {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ polynomial : crc >>> 1;
    first[byte] = crc;
  }
  const tables = [first];
  for (let k = 1; k < 4; k++) {
    tables.push(tables[k - 1].map((crc) => first[crc & 0xff] ^ crc >>> 8));
  }
  return tables;
}

/** The CRC-32C of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = tables;
  const whole = bytes.length & ~3;
  let crc = 0xffffffff;
  for (let i = 0; i < whole; i += 4) {
    crc ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    crc = t3[crc & 0xff] ^ t2[crc >>> 8 & 0xff] ^ t1[crc >>> 16 & 0xff] ^ t0[crc >>> 24];
  }
  for (let i = whole; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]) & 0xff] ^ crc >>> 8;
  return (crc ^ 0xffffffff) >>> 0;
}

/** The CRC-32C as TFRecord stores it: rotated and offset, as a sum over sums would be weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
