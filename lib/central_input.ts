/**
 * What a network sees of a picture when it is asked what it shows.
 *
 * @module
 */
import type { Picture } from "./picture.ts";
import { formatShape, ShapeError } from "./shape.ts";

/**
 * The middle of a picture, standardized: `(x − mean) / max(deviation, 1/√size)` over all its numbers. In
 * evaluation the adapter does the same to records.
 *
 * @param input the sizes that the network takes, `[H, W, C]`
 * @throws {ShapeError} if the picture does not cover them, or has not as many bytes as it says
 *
 * @example
 * ```ts
 * import { centralInput } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(9, 9, 9, 9, 9, 0, 2, 9, 9, 2, 0, 9, 9, 9, 9, 9);
 * const x = centralInput({ height: 4, width: 4, channels: 1, bytes }, [2, 2, 1]);
 * assertEquals([...x], [-1, 1, 1, -1]);
 * ```
 */
export function centralInput(
  { height, width, channels, bytes }: Picture,
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
  if (bytes.length !== height * width * channels) {
    throw new ShapeError(
      `Cannot take a picture of ${height}×${width}×${channels}: needs ${
        height * width * channels
      } bytes, got ${bytes.length}`,
    );
  }
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
