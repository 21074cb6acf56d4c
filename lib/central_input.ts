/**
 * What a network sees of a picture when it is asked what it shows.
 *
 * @module
 */
import { formatShape, ShapeError } from "./shape.ts";

/** A picture in bytes. */
export interface BytePicture {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Colours. */
  readonly channels: number;
  /** `H W C`: rows from the top, pixels from the left, colours side by side. */
  readonly bytes: Uint8Array;
}

/**
 * The middle of a picture, standardized: `(x − mean) / max(deviation, 1/√size)` over all its numbers. In
 * evaluation the adapter does the same to records.
 *
 * @param input the sizes that the network takes, `[H, W, C]`
 * @throws {ShapeError} if the picture does not cover them
 */
export function centralInput(
  { height, width, channels, bytes }: BytePicture,
  input: readonly number[],
): Float32Array {
  const [H, W, C] = input;
  if (channels !== C || height < H || width < W) {
    throw new ShapeError(
      `Cannot take a picture of ${height}×${width}×${channels}: needs one that covers ` +
        formatShape(input),
    );
  }
  const [top, left] = [Math.floor((height - H) / 2), Math.floor((width - W) / 2)];
  const x = new Float32Array(H * W * C);
  for (let h = 0; h < H; h++) {
    const start = ((top + h) * width + left) * C;
    x.set(bytes.subarray(start, start + W * C), h * W * C);
  }
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const divisor = Math.max(Math.sqrt(variance), 1 / Math.sqrt(x.length));
  return x.map((value) => (value - mean) / divisor);
}
