/**
 * Writing event files.
 *
 * @module
 */
import { encodeEvent, fileVersion, type SummaryEvent } from "./event.ts";
import { frameRecord } from "./tfrecord.ts";

/** From when on to write. */
export interface EventWriterOptions {
  /**
   * The step that a run goes on from; what earlier files say of it and later ones no longer counts. Default:
   * all that earlier files say goes on counting.
   */
  readonly startStep?: number;
}

/**
 * Appends events to a new file of a directory. Each is written whole by one call, so that a crash can
 * tear only the last; readers wait for the rest of a torn one.
 *
 * A run that goes on writes a new file, which begins by saying from which step. TensorBoard and
 * {@linkcode EventReader} then drop what earlier files say of later steps. They read files in the order of
 * their names, so a new one comes after all that are there, whatever the clock says.
 *
 * @example
 * ```ts
 * import { EventReader, EventWriter, histogramOf } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir(); // tensorboard --logdir shows it
 * {
 *   using writer = await EventWriter.open(directory);
 *   const wallTime = Date.now() / 1000;
 *   writer.write({ wallTime, step: 10, values: [{ tag: "loss", scalar: 0.25 }] });
 *   const histogram = histogramOf([0.1, 0.2, -0.4]);
 *   writer.write({ wallTime, step: 10, values: [{ tag: "weights", histogram }] });
 * }
 * const [version, loss] = await new EventReader(directory).poll();
 * assertEquals(version.fileVersion, "brain.Event:2");
 * assertEquals(loss.values, [{ tag: "loss", scalar: 0.25 }]);
 * ```
 */
export class EventWriter implements Disposable {
  /** The file. */
  readonly path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Begins a file `events.out.tfevents.SECONDS.HOST`.
   *
   * @throws {Error} if the directory cannot be written to
   */
  static async open(
    directory: string,
    { startStep }: EventWriterOptions = {},
  ): Promise<EventWriter> {
    await Deno.mkdir(directory, { recursive: true });
    const now = Date.now() / 1000;
    const seconds = Math.max(Math.floor(now), await newestSeconds(directory) + 1);
    for (let number = 0;; number++) {
      const name = `${String(seconds + number).padStart(10, "0")}.${hostname()}`;
      try {
        const path = `${directory}/events.out.tfevents.${name}`;
        const file = await Deno.open(path, { append: true, createNew: true });
        using stack = new DisposableStack();
        const writer = stack.use(new EventWriter(path, file));
        writer.write({ wallTime: now, step: 0, fileVersion });
        if (startStep !== undefined) {
          writer.write({ wallTime: now, step: startStep, started: true });
        }
        stack.move();
        return writer;
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  }

  /**
   * Appends an event.
   *
   * @throws {Error} if it cannot be written, as on a full disk; the file is then as it was
   */
  write(event: SummaryEvent): void {
    const record = frameRecord(encodeEvent(event));
    const { size } = this.#file.statSync();
    try {
      for (let at = 0; at < record.length;) at += this.#file.writeSync(record.subarray(at));
    } catch (error) {
      this.#file.truncateSync(size);
      throw error;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The greatest number of seconds in a name of an event file; 0 if there are none. */
async function newestSeconds(directory: string): Promise<number> {
  let newest = 0;
  for await (const { name } of Deno.readDir(directory)) {
    newest = Math.max(newest, Number(name.match(/\.tfevents\.(\d+)\./)?.[1] ?? 0));
  }
  return newest;
}

/** The machine's name, if it may be known. */
function hostname(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "localhost";
}
