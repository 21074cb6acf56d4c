/**
 * What the event files of one directory say, kept up as they grow.
 *
 * @module
 */
import type { SummaryEvent, SummaryImage, SummaryValue } from "../summary/event.ts";
import { EventReader } from "../summary/event_reader.ts";
import type { Histogram } from "../summary/histogram.ts";
import { ScalarLog, type Series } from "../summary/scalar_log.ts";

/** An event's step and time, which tell it from all others of its tag. */
export interface Moment {
  /** The step. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** A value with the moment of its event. */
export interface Dated<T> extends Moment {
  /** The value. */
  readonly value: T;
}

/** What is new since the last update, or all there is. */
export interface LogUpdate {
  /** Whether this is all there is, and what was said before no longer counts. */
  readonly reset: boolean;
  /** New points by tag. What is not finite becomes `null` in JSON. */
  readonly scalars: Record<string, Series>;
  /** New texts by tag. */
  readonly texts: Record<string, Dated<string>>;
  /** Of tags with new images, all moments that there is an image of. */
  readonly images: Record<string, readonly Moment[]>;
  /** The newest moment that there is a histogram of, by tag. */
  readonly histograms: Record<string, Moment>;
  /** When the newest session began, and with which step. */
  readonly session?: Moment;
  /** Sentences on files that cannot be read on. */
  readonly problems: readonly string[];
}

/** Histograms and texts of a tag that are kept: where there come more, every other is forgotten. */
const keptHistograms = 128, keptTexts = 24;

/** What an {@linkcode EventLog} keeps. */
export interface EventLogOptions {
  /** Images of a tag that are kept. Default 24, as many as texts, so that captions stay with them. */
  readonly images?: number;
}

/** Events that are taken in at once. */
const eventsAtOnce = 1000;

/** The event files of a directory, which need not be there yet. */
export class EventLog {
  readonly #reader: EventReader;
  readonly #keptImages: number;
  readonly #scalars = new ScalarLog();
  readonly #texts = new Map<string, Dated<string>[]>();
  readonly #images = new Map<string, Dated<SummaryImage>[]>();
  readonly #histograms = new Map<string, Dated<Histogram>[]>();

  #session?: Moment;

  /** Reads nothing yet. */
  constructor(directory: string, { images = keptTexts }: EventLogOptions = {}) {
    this.#reader = new EventReader(directory);
    this.#keptImages = images;
  }

  /** Reads some of what came since the last call; `undefined` if there is nothing. */
  async update(): Promise<LogUpdate | undefined> {
    const problems = this.#reader.problems.join();
    const events: SummaryEvent[] = [];
    for await (const event of this.#reader.read()) {
      if (events.push(event) === eventsAtOnce) break;
    }
    if (events.length === 0 && this.#reader.problems.join() === problems) return undefined;
    // From here on nothing is awaited, so that nobody sees half an update.
    const fresh = emptyUpdate();
    let reset = false;
    for (const event of events) {
      if (this.#scalars.take(event)) reset = true;
      if (event.started) {
        this.#session = { step: event.step, time: event.wallTime };
        if (this.#forgetFrom(event.step)) reset = true;
      }
      for (const value of event.values ?? []) {
        this.#take(event, value);
        if (!reset) addTo(fresh, event, value);
      }
    }
    if (reset) return this.all();
    for (const tag of Object.keys(fresh.images)) fresh.images[tag] = this.#momentsOf(tag);
    return { ...fresh, session: this.#session, problems: this.#reader.problems };
  }

  /** All there is. */
  all(): LogUpdate {
    const newest = <T>(lists: Map<string, Dated<T>[]>) =>
      [...lists].filter(([, list]) => list.length > 0)
        .map(([tag, list]) => [tag, list.at(-1)!] as const);
    return {
      reset: true,
      scalars: Object.fromEntries(this.#scalars.byTag),
      texts: Object.fromEntries(newest(this.#texts)),
      images: Object.fromEntries(
        [...this.#images.keys()].map((tag) => [tag, this.#momentsOf(tag)]),
      ),
      histograms: Object.fromEntries(
        newest(this.#histograms).map(([tag, { step, time }]) => [tag, { step, time }]),
      ),
      session: this.#session,
      problems: this.#reader.problems,
    };
  }

  /** The image of a tag at a moment; the newest where that is forgotten. */
  image(tag: string, moment?: Moment): SummaryImage | undefined {
    return at(this.#images.get(tag), moment);
  }

  /** The text of a tag at a moment; the newest where that is forgotten. */
  text(tag: string, moment?: Moment): string | undefined {
    return at(this.#texts.get(tag), moment);
  }

  /** The histograms of a tag, thinned out where there are many. */
  histograms(tag: string): readonly Dated<Histogram>[] {
    return this.#histograms.get(tag) ?? [];
  }

  #momentsOf(tag: string): Moment[] {
    return (this.#images.get(tag) ?? []).map(({ step, time }) => ({ step, time }));
  }

  /** Forgets all but scalars that was said of a step and of later ones; says whether there was anything. */
  #forgetFrom(from: number): boolean {
    let forgot = false;
    for (const lists of [this.#texts, this.#images, this.#histograms]) {
      for (const list of lists.values() as Iterable<Dated<unknown>[]>) {
        while (list.length > 0 && list.at(-1)!.step >= from) forgot = list.pop() !== undefined;
      }
    }
    return forgot;
  }

  #take({ step, wallTime: time }: SummaryEvent, value: SummaryValue): void {
    const { tag } = value;
    const push = <T>(lists: Map<string, Dated<T>[]>, value: T, keep: number) => {
      const list = lists.get(tag) ?? [];
      list.push({ step, time, value });
      lists.set(tag, list.length <= keep ? list : thinned(list));
    };
    if ("text" in value) push(this.#texts, value.text, keptTexts);
    if ("image" in value) push(this.#images, value.image, this.#keptImages);
    if ("histogram" in value) push(this.#histograms, value.histogram, keptHistograms);
  }
}

function emptyUpdate(): LogUpdate {
  // A tag may be called `constructor`, which other objects have already.
  const byTag = () => Object.create(null);
  const [scalars, texts, images, histograms] = [byTag(), byTag(), byTag(), byTag()];
  return { reset: false, scalars, texts, images, histograms, problems: [] };
}

function addTo(
  update: LogUpdate,
  { step, wallTime: time }: SummaryEvent,
  value: SummaryValue,
): void {
  const { scalars, texts, images, histograms } = update;
  const { tag } = value;
  if ("scalar" in value) {
    const { steps, values, times } = scalars[tag] ??= { steps: [], values: [], times: [] };
    steps.push(step);
    values.push(value.scalar);
    times.push(time);
  } else if ("text" in value) texts[tag] = { step, time, value: value.text };
  else if ("image" in value) images[tag] = [];
  else histograms[tag] = { step, time };
}

function at<T>(list: readonly Dated<T>[] | undefined, moment?: Moment): T | undefined {
  const there = moment &&
    list?.findLast(({ step, time }) => step === moment.step && time === moment.time);
  return (there ?? list?.at(-1))?.value;
}

/** Every other element, the last one among them. */
function thinned<T>(list: readonly T[]): T[] {
  return list.filter((_, index) => (list.length - 1 - index) % 2 === 0);
}
