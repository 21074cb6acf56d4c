/**
 * What the event files of one directory say, kept up as they grow.
 *
 * @module
 */
import type { Event, SummaryImage, SummaryValue } from "../summary/event.ts";
import { EventReader } from "../summary/event_reader.ts";
import type { Histogram } from "../summary/histogram.ts";
import { ScalarLog, type Series } from "../summary/scalar_log.ts";

/** A value with the step and the time of its event. */
export interface Dated<T> {
  /** The step. */
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
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
  /** The newest step that there is an image of, by tag. */
  readonly images: Record<string, number>;
  /** The newest step that there is a histogram of, by tag. */
  readonly histograms: Record<string, number>;
  /** Sentences on files that cannot be read on. */
  readonly problems: readonly string[];
}

/** Histograms of a tag that are kept: where there come more, every other is forgotten. */
const keptHistograms = 128;

/** Events that are taken in at once. */
const eventsAtOnce = 1000;

/** The event files of a directory, which need not be there yet. */
export class EventLog {
  readonly #reader: EventReader;
  readonly #scalars = new ScalarLog();
  readonly #texts = new Map<string, Dated<string>[]>();
  readonly #images = new Map<string, Dated<SummaryImage>[]>();
  readonly #histograms = new Map<string, Dated<Histogram>[]>();

  /** Reads nothing yet. */
  constructor(directory: string) {
    this.#reader = new EventReader(directory);
  }

  /** Reads some of what came since the last call; `undefined` if there is nothing. */
  async update(): Promise<LogUpdate | undefined> {
    const problems = this.#reader.problems.join();
    const events: Event[] = [];
    for await (const event of this.#reader.read()) {
      if (events.push(event) === eventsAtOnce) break;
    }
    if (events.length === 0 && this.#reader.problems.join() === problems) return undefined;
    // From here on nothing is awaited, so that nobody sees half an update.
    const fresh = emptyUpdate();
    let reset = false;
    for (const event of events) {
      if (this.#scalars.take(event)) reset = true;
      if (event.started && this.#forgetFrom(event.step)) reset = true;
      for (const value of event.values ?? []) {
        this.#take(event, value);
        if (!reset) addTo(fresh, event, value);
      }
    }
    return reset ? this.all() : { ...fresh, problems: this.#reader.problems };
  }

  /** All there is. */
  all(): LogUpdate {
    const newest = <T>(lists: Map<string, Dated<T>[]>) =>
      [...lists].filter(([, list]) => list.length > 0)
        .map(([tag, list]) => [tag, list.at(-1)!] as const);
    const steps = <T>(lists: Map<string, Dated<T>[]>) =>
      Object.fromEntries(newest(lists).map(([tag, { step }]) => [tag, step]));
    return {
      reset: true,
      scalars: Object.fromEntries(this.#scalars.byTag),
      texts: Object.fromEntries(newest(this.#texts)),
      images: steps(this.#images),
      histograms: steps(this.#histograms),
      problems: this.#reader.problems,
    };
  }

  /** The newest image of a tag. */
  image(tag: string): SummaryImage | undefined {
    return this.#images.get(tag)?.at(-1)?.value;
  }

  /** The histograms of a tag, thinned out where there are many. */
  histograms(tag: string): readonly Dated<Histogram>[] {
    return this.#histograms.get(tag) ?? [];
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

  #take({ step, wallTime: time }: Event, value: SummaryValue): void {
    const { tag } = value;
    const push = <T>(lists: Map<string, Dated<T>[]>, value: T, keep: number) => {
      const list = lists.get(tag) ?? [];
      list.push({ step, time, value });
      lists.set(tag, list.length <= keep ? list : thinned(list));
    };
    if ("text" in value) push(this.#texts, value.text, 8);
    if ("image" in value) push(this.#images, value.image, 2);
    if ("histogram" in value) push(this.#histograms, value.histogram, keptHistograms);
  }
}

function emptyUpdate(): LogUpdate {
  // A tag may be called `constructor`, which other objects have already.
  const byTag = () => Object.create(null);
  const [scalars, texts, images, histograms] = [byTag(), byTag(), byTag(), byTag()];
  return { reset: false, scalars, texts, images, histograms, problems: [] };
}

function addTo(update: LogUpdate, { step, wallTime: time }: Event, value: SummaryValue): void {
  const { scalars, texts, images, histograms } = update;
  const { tag } = value;
  if ("scalar" in value) {
    const { steps, values, times } = scalars[tag] ??= { steps: [], values: [], times: [] };
    steps.push(step);
    values.push(value.scalar);
    times.push(time);
  } else if ("text" in value) texts[tag] = { step, time, value: value.text };
  else if ("image" in value) images[tag] = step;
  else histograms[tag] = step;
}

/** Every other element, the last one among them. */
function thinned<T>(list: readonly T[]): T[] {
  return list.filter((_, index) => (list.length - 1 - index) % 2 === 0);
}
