/**
 * Events as TensorFlow's `event.proto` and `summary.proto` define them.
 *
 * @module
 */
import type { Histogram } from "./histogram.ts";
import {
  bytesField,
  doubleField,
  doublesField,
  floatField,
  integerField,
  joined,
  messageField,
  ProtobufError,
  readDoubles,
  readFields,
  textField,
} from "../protobuf.ts";

/** An encoded picture. */
export interface SummaryImage {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
  /** A PNG file. */
  readonly png: Uint8Array;
}

/** One value with its tag. */
export type SummaryValue =
  & {
    /** What it is called; `/` makes groups. */
    readonly tag: string;
  }
  & (
    | { readonly scalar: number }
    | { readonly image: SummaryImage }
    | { readonly histogram: Histogram }
    | { readonly text: string }
  );

/** One record of an event file. */
export interface SummaryEvent {
  /** When, in seconds since 1970. */
  readonly wallTime: number;
  /** The step that it is about. */
  readonly step: number;
  /** In the first record of a file. */
  readonly fileVersion?: string;
  /** A graph, as a GraphDef. */
  readonly graph?: Uint8Array;
  /** A run goes on from this step: what was written of it and of later ones no longer counts. */
  readonly started?: boolean;
  /** What is said of the step. */
  readonly values?: readonly SummaryValue[];
}

/** The version that event files of this form begin with. */
export const fileVersion = "brain.Event:2";

const textPlugin = "text";
const dtString = 7, sessionStart = 1;

/**
 * An event as a message.
 *
 * @example
 * ```ts
 * import { decodeEvent, encodeEvent } from "@tower/nn/summary";
 * import { assertEquals } from "@std/assert";
 *
 * const event = { wallTime: 1, step: 2, values: [{ tag: "loss", scalar: 0.5 }] };
 * assertEquals(decodeEvent(encodeEvent(event)), event);
 * ```
 */
export function encodeEvent(event: SummaryEvent): Uint8Array<ArrayBuffer> {
  const { wallTime, step, fileVersion, graph, started, values } = event;
  return joined([
    doubleField(1, wallTime),
    integerField(2, step),
    ...fileVersion === undefined ? [] : [textField(3, fileVersion)],
    ...graph === undefined ? [] : [bytesField(4, graph)],
    ...values === undefined ? [] : [messageField(5, values.map(encodeValue))],
    ...started ? [messageField(7, [integerField(1, sessionStart)])] : [],
  ]);
}

function encodeValue(value: SummaryValue): Uint8Array {
  const tag = textField(1, value.tag);
  if ("scalar" in value) return messageField(1, [tag, floatField(2, value.scalar)]);
  if ("image" in value) {
    const { height, width, channels, png } = value.image;
    const sizes = [height, width, channels].map((size, i) => integerField(i + 1, size));
    return messageField(1, [tag, messageField(4, [...sizes, bytesField(4, png)])]);
  }
  if ("histogram" in value) {
    const { min, max, num, sum, sumSquares, limits, counts } = value.histogram;
    const numbers = [min, max, num, sum, sumSquares].map((x, i) => doubleField(i + 1, x));
    const buckets = [doublesField(6, limits), doublesField(7, counts)];
    return messageField(1, [tag, messageField(5, [...numbers, ...buckets])]);
  }
  // A string tensor of no axes, marked as the text plugin's.
  const tensor = messageField(8, [
    integerField(1, dtString),
    messageField(2, []),
    textField(8, value.text),
  ]);
  return messageField(1, [
    tag,
    tensor,
    messageField(9, [messageField(1, [textField(1, textPlugin)])]),
  ]);
}

/**
 * The event of a message; values of kinds that we do not write are left out.
 *
 * @throws {ProtobufError} if the bytes are no message
 */
export function decodeEvent(bytes: Uint8Array): SummaryEvent {
  const event: { -readonly [Key in keyof SummaryEvent]: SummaryEvent[Key] } = {
    wallTime: 0,
    step: 0,
  };
  for (const { field, number, bytes: body } of readFields(bytes)) {
    if (field === 1) event.wallTime = number;
    if (field === 2) event.step = number;
    if (field === 3) event.fileVersion = decodeText(body);
    if (field === 4) event.graph = body.slice();
    if (field === 5) event.values = [...decodeValues(body)];
    if (field === 7) {
      event.started = [...readFields(body)].some(({ field, number }) =>
        field === 1 && number === sessionStart
      );
    }
  }
  return event;
}

function* decodeValues(bytes: Uint8Array): Generator<SummaryValue> {
  for (const { field, bytes: body } of readFields(bytes)) {
    if (field !== 1) continue;
    const fields = [...readFields(body)];
    const of = (number: number) => fields.find(({ field }) => field === number);
    const tag = decodeText(of(1)?.bytes ?? new Uint8Array());
    const [scalar, image, histogram, tensor] = [2, 4, 5, 8].map(of);
    if (scalar) yield { tag, scalar: scalar.number };
    else if (image) yield { tag, image: decodeImage(image.bytes) };
    else if (histogram) yield { tag, histogram: decodeHistogram(histogram.bytes) };
    else if (tensor) {
      const text = [...readFields(tensor.bytes)].find(({ field }) => field === 8);
      if (text) yield { tag, text: decodeText(text.bytes) };
    }
  }
}

function decodeImage(bytes: Uint8Array): SummaryImage {
  const [height = 0, width = 0, channels = 0] = numbersOf(bytes, [1, 2, 3]);
  const png = [...readFields(bytes)].find(({ field }) => field === 4)?.bytes.slice();
  return { height, width, channels, png: png ?? new Uint8Array() };
}

function decodeHistogram(bytes: Uint8Array): Histogram {
  const [min, max, num, sum, sumSquares] = numbersOf(bytes, [1, 2, 3, 4, 5]);
  const fields = [...readFields(bytes)];
  const doubles = (number: number) =>
    fields.filter(({ field }) => field === number).flatMap(({ bytes }) => readDoubles(bytes));
  return { min, max, num, sum, sumSquares, limits: doubles(6), counts: doubles(7) };
}

/** The last value of each field, 0 where there is none, as in all messages. */
function numbersOf(bytes: Uint8Array, numbers: readonly number[]): number[] {
  const fields = [...readFields(bytes)];
  return numbers.map((number) => fields.findLast(({ field }) => field === number)?.number ?? 0);
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export { ProtobufError };
