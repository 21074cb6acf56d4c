/**
 * Writing event files.
 *
 * @module
 */
import { encodeEvent, type Event, fileVersion } from "./event.ts";
import { frameRecord } from "./tfrecord.ts";

/** Where and from when on to write. */
export interface EventWriterOptions {
  /** The step that a run goes on from; what earlier files say of it and later ones no longer counts. */
  readonly startStep?: number;
}

/**
 * Appends events to a new file of a directory. Each is written whole by one call, so that a crash can
 * tear only the last; readers wait for the rest of a torn one.
 *
 * A run that goes on writes a new file, which begins by saying from which step. TensorBoard and
 * {@linkcode EventReader} then drop what earlier files say of later steps.
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
   * Begins a file `events.out.tfevents.SECONDS.HOST`, with a number behind it where there is one already.
   *
   * @throws {Error} if the directory cannot be written to
   */
  static async open(
    directory: string,
    { startStep = 0 }: EventWriterOptions = {},
  ): Promise<EventWriter> {
    await Deno.mkdir(directory, { recursive: true });
    const now = Date.now() / 1000;
    const seconds = String(Math.floor(now)).padStart(10, "0");
    for (let number = 0;; number++) {
      const suffix = number === 0 ? "" : `.${number}`;
      const path = `${directory}/events.out.tfevents.${seconds}.${hostname()}${suffix}`;
      try {
        const file = await Deno.open(path, { append: true, createNew: true });
        using stack = new DisposableStack();
        const writer = stack.use(new EventWriter(path, file));
        writer.write({ wallTime: now, step: 0, fileVersion });
        writer.write({ wallTime: now, step: startStep, started: true });
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
  write(event: Event): void {
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

/** The machine's name, if it may be known. */
function hostname(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "localhost";
}
