/**
 * What a summary of a step says of its tensors: a histogram of each, a few of the pictures, and the
 * filters of the first convolution. All of it is made on the adapter, by dispatches that a step runs only when it is asked for a summary.
 *
 * @module
 */
import { firstElements } from "../../kernels/elementwise.wgsl.ts";
import {
  bucketCount,
  clearCounts,
  countWords,
  histogram,
  histogramGroups,
  histogramLimits,
  histogramStats,
  positiveLimits,
  zerosAt,
} from "../../kernels/histogram.wgsl.ts";
import type { Recorder } from "../gpu/recorder.ts";
import type { Memory, PlacedTensor, Tensor } from "../gpu/tensor.ts";
import { sizeOf } from "../shape.ts";

/** The numbers of a tensor, counted. */
export interface TensorSummary {
  /** Its name, such as `conv1/activations` or `conv1/weights/gradients`. */
  readonly name: string;
  /** How many are in each bucket; see `kernels/histogram.wgsl.ts`. */
  readonly counts: Uint32Array;
  /** How many there are. */
  readonly size: number;
  /** How many are zero. */
  readonly zeros: number;
  /** How many are not finite; all else leaves them out. */
  readonly nonFinite: number;
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
  /** Their sum. */
  readonly sum: number;
  /** The sum of their squares. */
  readonly sumSquares: number;
}

/** What a step looked like. */
export interface StepSummary {
  /** Activations in the order of the layers, then parameters and their gradients. */
  readonly tensors: readonly TensorSummary[];
  /** The first pictures of the batch as the network saw them. */
  readonly pictures: {
    /** Their values, picture after picture, `H W C`. */
    readonly values: Float32Array;
    /** Their number, height, width and channels. */
    readonly shape: readonly [number, number, number, number];
  };
  /** The filters of the first layer that looks at colours, if there is one. */
  readonly filters?: {
    /** The parameter's name, such as `conv1/weights`. */
    readonly name: string;
    /** Their weights, `KH KW I O`. */
    readonly values: Float32Array;
    /** `KH`, `KW`, `I` and `O`. */
    readonly shape: readonly [number, number, number, number];
  };
}

/** Where the summary of a step lies after it ran. */
export interface WatchedTensors {
  /** The names and sizes of the tensors. */
  readonly tensors: readonly { readonly name: string; readonly size: number }[];
  /** For each its counts. */
  readonly counts: PlacedTensor;
  /** For each minimum, maximum, sum and sum of squares. */
  readonly stats: PlacedTensor;
  /** The pictures. */
  readonly pictures: PlacedTensor<readonly [number, number, number, number]>;
  /** The filters, under the parameter's name. */
  readonly filters?: PlacedTensor<readonly [number, number, number, number]>;
}

/** Pictures that a summary has, as in the tutorial. */
const pictureCount = 3;

/** Words from one tensor's numbers to the next: a multiple of 256 bytes, as a binding's offset needs. */
const countStride = Math.ceil(countWords / 64) * 64, statStride = 64;

/** Records summaries of tensors as they come. */
export class Watch {
  readonly #record: Recorder;
  readonly #limits: PlacedTensor;
  readonly #counts: PlacedTensor;
  readonly #stats: PlacedTensor;
  readonly #tensors: { name: string; size: number }[] = [];
  #pictures?: WatchedTensors["pictures"];
  #filters?: WatchedTensors["filters"];

  /** Keeps room for the summaries of so many tensors. */
  constructor(record: Recorder, tensors: number) {
    this.#record = record;
    this.#limits = record.keep([positiveLimits.length], "histogram limits");
    this.#counts = record.keep([tensors * countStride], "histogram counts");
    this.#stats = record.keep([tensors * statStride], "histogram stats");
    record.forSummaries(() => {
      record.dispatch(histogramLimits(), { limits: this.#limits });
      record.dispatch(clearCounts(tensors * countStride), { counts: this.#counts });
    });
  }

  /** Records the histogram of a tensor as it is at this point of the program. */
  tensor(name: string, x: Tensor): void {
    const { kind } = this.#record.target;
    const size = sizeOf(x.shape), groups = histogramGroups(size, kind);
    const place = this.#tensors.push({ name, size }) - 1;
    const part = (memory: Memory, words: number): PlacedTensor => ({
      name,
      shape: [words],
      place: { memory, offset: place * (words === 4 ? statStride : countStride) * 4 },
    });
    const record = this.#record;
    const partials = record.tensor([groups * 4], "histogram partials");
    record.forSummaries(() => {
      record.dispatch(histogram(size, { real: x.type !== undefined, kind }), {
        x,
        limits: this.#limits,
        counts: part(this.#counts.place.memory, countWords),
        partials,
      });
      const stats = part(this.#stats.place.memory, 4);
      record.dispatch(histogramStats(groups), { partials, stats });
    });
  }

  /** Records a copy of the first pictures. */
  pictures(x: Tensor<readonly [number, number, number, number]>): void {
    const [N, H, W, C] = x.shape;
    const shape = [Math.min(N, pictureCount), H, W, C] as const;
    const pictures = this.#pictures = this.#record.keep(shape, "pictures to show");
    this.#record.forSummaries(() =>
      this.#record.dispatch(firstElements(sizeOf(shape)), { x, y: pictures })
    );
  }

  /** Records a copy of the filters that the step runs with. */
  filters(name: string, x: Tensor<readonly [number, number, number, number]>): void {
    const filters = this.#filters = this.#record.keep(x.shape, name);
    this.#record.forSummaries(() =>
      this.#record.dispatch(firstElements(sizeOf(x.shape), { real: false }), { x, y: filters })
    );
  }

  /** Where it all lies. */
  watched(): WatchedTensors {
    const [counts, stats, pictures, filters] = [
      this.#counts,
      this.#stats,
      this.#pictures,
      this.#filters,
    ];
    if (!pictures) throw new TypeError("Cannot summarize: needs the pictures of a step, got none");
    return { tensors: this.#tensors, counts, stats, pictures, filters };
  }
}

/** What a summary is read from, in the order that {@linkcode decodeSummary} takes it. */
export function summaryTensors(
  { counts, stats, pictures, filters }: WatchedTensors,
): readonly PlacedTensor[] {
  return [counts, stats, pictures, ...filters ? [filters] : []];
}

/** Bytes of the words of a summary. */
export function summaryBytes(watched: WatchedTensors | undefined): number {
  if (!watched) return 0;
  return summaryTensors(watched).reduce((sum, { shape }) => sum + sizeOf(shape) * 4, 0);
}

/** A summary from the words of its {@linkcode summaryTensors}, one after the other. */
export function decodeSummary(watched: WatchedTensors, words: ArrayBuffer): StepSummary {
  const counts = new Uint32Array(words, 0, watched.counts.shape[0]);
  const stats = new Float32Array(words, counts.byteLength, watched.stats.shape[0]);
  const { shape } = watched.pictures;
  const values = new Float32Array(words, counts.byteLength + stats.byteLength, sizeOf(shape));
  const filterValues = watched.filters &&
    new Float32Array(words, values.byteOffset + values.byteLength, sizeOf(watched.filters.shape));
  const tensors = watched.tensors.map(({ name, size }, place): TensorSummary => {
    const own = counts.subarray(place * countStride, place * countStride + countWords);
    const [min, max, sum, sumSquares] = stats.subarray(place * statStride);
    const [zeros, nonFinite] = own.subarray(zerosAt);
    const finite = size > nonFinite;
    return {
      name,
      size,
      counts: own.slice(0, bucketCount),
      zeros,
      nonFinite,
      min: finite ? min : 0,
      max: finite ? max : 0,
      sum,
      sumSquares,
    };
  });
  return {
    tensors,
    pictures: { values: values.slice(), shape },
    filters: filterValues && {
      name: watched.filters!.name,
      shape: watched.filters!.shape,
      values: filterValues.slice(),
    },
  };
}
