/**
 * Reading event files, while they are written too.
 *
 * @module
 */
import { reasonOf } from "../system_error.ts";
import { decodeEvent, type SummaryEvent } from "./event.ts";
import { readRecord } from "./tfrecord.ts";

/** What a file was read up to. */
interface Place {
  /** The bytes of whole records before it. */
  offset: number;
  /** It is corrupt there; nothing more is read of it. */
  corrupt: boolean;
}

/**
 * All events of a directory's event files, in the order of their names: file after file, a little more
 * at every {@linkcode EventReader.poll}.
 *
 * @example
 * ```ts
 * import { EventReader, EventWriter } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * using writer = await EventWriter.open(directory);
 * const reader = new EventReader(directory);
 * await reader.poll(); // what was written before
 * writer.write({ wallTime: 0, step: 1, values: [{ tag: "loss", scalar: 2 }] });
 * assertEquals((await reader.poll()).map(({ step }) => step), [1]);
 * assertEquals(reader.problems, []);
 * ```
 */
export class EventReader {
  /** The directory. */
  readonly directory: string;
  readonly #places = new Map<string, Place>();
  readonly #problems = new Map<string, string>();

  /** Reads nothing yet; the directory need not be there. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** A sentence for each file that is corrupt or that cannot be read now. */
  get problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  /**
   * The events that came since the last call, all at once; see {@linkcode EventReader.read}.
   */
  async poll(): Promise<SummaryEvent[]> {
    return await Array.fromAsync(this.read());
  }

  /**
   * The events that came since the last call, a few megabytes of the files at a time. A record that is not
   * yet whole comes with a later call; a corrupt one ends the reading of its file. What cannot be read is
   * left out until it can be. {@linkcode EventReader.problems} tells of both.
   */
  async *read(): AsyncGenerator<SummaryEvent, void, void> {
    const names = await this.#attempt(this.directory, listEventFiles(this.directory));
    for (const name of names ?? []) {
      const place = this.#places.get(name) ?? { offset: 0, corrupt: false };
      this.#places.set(name, place);
      yield* this.#readOn(`${this.directory}/${name}`, place);
    }
  }

  /** What reading gives; if it fails, nothing, and a problem of `path` until it succeeds. */
  async #attempt<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
    try {
      const found = await reading;
      this.#problems.delete(path);
      return found;
    } catch (error) {
      this.#problems.set(path, `${path} cannot be read: ${reasonOf(error)}`);
      return undefined;
    }
  }

  async *#readOn(path: string, place: Place): AsyncGenerator<SummaryEvent, void, void> {
    for (let size = chunkBytes; !place.corrupt;) {
      const part = await this.#attempt(path, readFrom(path, place.offset, size));
      if (!part) return;
      const { bytes, rest } = part, start = place.offset;
      let missing = 0;
      for (let at = 0; !place.corrupt; at = place.offset - start) {
        const found = readRecord(bytes, at);
        if ("missing" in found) {
          missing = found.missing;
          break;
        }
        const event = "bytes" in found ? decoded(found.bytes) : found.corrupt;
        if (typeof event === "string" || !("end" in found)) {
          place.corrupt = true;
          this.#problems.set(path, `${path} is corrupt from byte ${place.offset} on: ${event}`);
          break;
        }
        place.offset = start + found.end;
        yield event;
      }
      // What the file does not hold yet is not looked for, however long the record says that it is.
      if (start + rest - place.offset < missing) return;
      size = Math.max(chunkBytes, missing);
    }
  }
}

/** Bytes that are read at a time. */
const chunkBytes = 4 * 2 ** 20;

/**
 * Takes events in the order in which they were written; gives those that count: where a run went on from
 * a step, none that earlier sessions wrote of that step and later ones.
 *
 * @example
 * ```ts
 * import { withoutPurged } from "@tower/nn/summary";
 * import { assertEquals } from "@std/assert";
 *
 * const said = [1, 2, 3].map((step) => ({ wallTime: 0, step }));
 * const resumed = { wallTime: 1, step: 2, started: true };
 * assertEquals(withoutPurged([...said, resumed]), [said[0], resumed]);
 * ```
 */
export function withoutPurged(events: readonly SummaryEvent[]): SummaryEvent[] {
  let kept: SummaryEvent[] = [];
  for (const event of events) {
    if (event.started) kept = kept.filter((earlier) => earlier.step < event.step);
    kept.push(event);
  }
  return kept;
}

function decoded(bytes: Uint8Array): SummaryEvent | string {
  try {
    return decodeEvent(bytes);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Event files by the second in their names, then by name. */
async function listEventFiles(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory && name.includes(".tfevents.")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** At most so many bytes from a place on, and how many there are. */
async function readFrom(
  path: string,
  offset: number,
  size: number,
): Promise<{ bytes: Uint8Array; rest: number }> {
  // Opening a pipe would wait for somebody to write into it.
  const { isFile, size: length } = await Deno.stat(path);
  if (!isFile) throw new Error("needs a file, got something else; take it away");
  using file = await Deno.open(path);
  const rest = Math.max(0, length - offset);
  const bytes = new Uint8Array(Math.min(rest, size));
  await file.seek(offset, Deno.SeekMode.Start);
  let at = 0;
  while (at < bytes.length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return { bytes: bytes.subarray(0, at), rest: at };
    at += count;
  }
  return { bytes, rest };
}
