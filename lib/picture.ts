/**
 * A picture in bytes, as files, pages and networks hand it on.
 *
 * @module
 */

/** A picture in bytes, of `Channels` colours: 1 for grey, 3 for red, green and blue. */
export interface Picture<Channels extends number = number> {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Colours. */
  readonly channels: Channels;
  /** `H W C`: rows from the top, pixels from the left, colours side by side, each from 0 to 255. */
  readonly bytes: Uint8Array;
}

/**
 * Requires as many bytes as a picture's sizes say.
 *
 * @param doing what it is needed for, to follow "Cannot"
 * @throws {RangeError} if there are more or fewer
 */
export function requireBytes({ height, width, channels, bytes }: Picture, doing: string): void {
  const needed = height * width * channels;
  if (bytes.length === needed) return;
  throw new RangeError(
    `Cannot ${doing}: needs ${needed} bytes for ${height}×${width}×${channels}, got ${bytes.length}`,
  );
}
