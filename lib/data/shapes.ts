/**
 * The embedded data set: pictures of ten shapes, drawn when they are read.
 *
 * @module
 */

import { Rng } from "../rng.ts";
import {
  type Dataset,
  type DatasetPart,
  recordBytes,
  type RecordFormat,
  type Split,
} from "./dataset.ts";
import { distances, drawShape } from "./draw_shape.ts";

/** Pictures drawn at a time, which takes a few milliseconds. */
const PICTURES_A_CHUNK = 64;

/** What the shapes are drawn from. */
export interface ShapesOptions {
  /** Other seeds give other pictures of the same kind; default 0. */
  readonly seed?: number;
  /** Pictures to learn from; default 20,000. */
  readonly train?: number;
  /** Pictures to be judged by; default 2,000. */
  readonly test?: number;
}

const format: RecordFormat = { labelBytes: 1, labelAt: 0, height: 32, width: 32, channels: 3 };

/**
 * Ten shapes of random place, size, tilt and colours on backgrounds with a slope, waves and noise, as
 * records in the format of CIFAR-10. Only the shape depends on the class, and it is darker than its
 * background as often as lighter, so that no weighing of pixels tells the classes apart. Every
 * opening of a part draws the same pictures.
 *
 * @example
 * ```ts
 * import { shapes } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(shapes().classes.slice(0, 3), ["disc", "ring", "square"]);
 * ```
 *
 * @throws {RangeError} if a number is not a whole number of at least 0
 */
export function shapes(options: ShapesOptions = {}): Dataset {
  const { seed = 0, train = 20_000, test = 2_000 } = options;
  for (const records of [train, test]) {
    if (Number.isSafeInteger(records) && records >= 0) continue;
    throw new RangeError(`Cannot draw shapes: needs a whole number of pictures, got ${records}`);
  }
  const rng = Rng.from(seed).split("shapes");
  const part = (split: Split, records: number): DatasetPart => ({
    name: `shapes ${split}`,
    records,
    open: () => drawAll(rng.split(split), records),
  });
  return {
    name: "shapes",
    classes: Object.keys(distances),
    format,
    parts: { train: [part("train", train)], test: [part("test", test)] },
  };
}

function drawAll(rng: Rng, records: number): ReadableStream<Uint8Array> {
  const size = recordBytes(format), draw = Object.values(distances);
  let drawn = 0;
  return new ReadableStream({
    pull(controller) {
      const count = Math.min(PICTURES_A_CHUNK, records - drawn);
      if (count === 0) return controller.close();
      const bytes = new Uint8Array(count * size);
      for (let i = 0; i < count; i++) {
        const label = rng.below(draw.length);
        bytes[i * size] = label;
        const image = new Uint8ClampedArray(bytes.buffer, i * size + 1, size - 1);
        drawShape(image, { distance: draw[label], rng, size: 32 });
      }
      drawn += count;
      controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
}
