import {
  type Dataset,
  type DatasetPart,
  type PartOptions,
  recordBytes,
} from "../../lib/data/dataset.ts";
import { Rng } from "../../lib/rng.ts";

/** Records small enough to count, with two label bytes of which the second is the class. */
export const format = { labelBytes: 2, labelAt: 1, height: 2, width: 3, channels: 1 };

/** The record with a number: its picture spells the number. */
export function record(index: number): Uint8Array {
  return Uint8Array.of(255, index % 10, 7, index >> 16, index >> 8, index, ~index, 9);
}

/** A stream of bytes cut into random pieces, each of which may come late; says when it is let go. */
export function pieces(
  bytes: Uint8Array,
  options: { seed?: number; largest?: number; late?: boolean; onCancel?: () => void } = {},
): ReadableStream<Uint8Array> {
  const { seed = 0, largest = 5 * 8, late = false, onCancel } = options;
  const rng = Rng.from(seed);
  let offset = 0;
  return new ReadableStream({
    async pull(controller) {
      if (late) await new Promise((resolve) => setTimeout(resolve, rng.below(2)));
      const end = offset + 1 + rng.below(largest);
      controller.enqueue(bytes.slice(offset, end));
      offset = end;
      if (offset >= bytes.length) controller.close();
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

/** Parts of the given numbers of records, numbered through, which count how often they are open. */
export class MemoryDataset implements Dataset {
  readonly name = "memory";
  readonly classes = [..."0123456789"];
  readonly format = format;
  readonly parts: { train: readonly DatasetPart[]; test: readonly DatasetPart[] };
  /** Names of the parts opened, in order. */
  readonly opened: string[] = [];

  constructor(
    sizes: readonly number[],
    options: { late?: boolean; largest?: number; seed?: number } = {},
  ) {
    let start = 0;
    const parts = sizes.map((records, i) => {
      const first = start;
      start += records;
      const bytes = new Uint8Array(records * recordBytes(format));
      for (let r = 0; r < records; r++) bytes.set(record(first + r), r * recordBytes(format));
      const name = `part ${i}`;
      const open = (_?: PartOptions) => {
        this.opened.push(name);
        return pieces(bytes, options);
      };
      return { name, records, open };
    });
    this.parts = { train: parts, test: parts };
  }
}
