/**
 * What an evaluation has to show, as event files that TensorBoard and the dashboard read.
 *
 * @module
 */
import type { Dataset, Split } from "./data/dataset.ts";
import type { Evaluation, JudgedExample } from "./evaluate.ts";
import type { SummaryValue } from "./summary/event.ts";
import { EventReader } from "./summary/event_reader.ts";
import { EventWriter } from "./summary/event_writer.ts";
import { jsonText } from "./summary/json_text.ts";
import { contactSheet, pictureOfPlanes } from "./summary/pictures.ts";
import { encodePng, type PngPicture } from "./summary/png.ts";
import { ScalarLog } from "./summary/scalar_log.ts";

/** Pictures that are kept of one class taken for another, and of all of them together. */
const picturesInCell = 12, picturesInAll = 1200;

/** The pictures of an evaluation by class and by what they were taken for; the first of each, and of all. */
export class ConfusedPictures {
  /** How many of a pair of classes are kept. */
  readonly inCell: number;
  readonly #dataset: Dataset;
  readonly #cells = new Map<string, PngPicture[]>();
  #count = 0;

  /** None yet. */
  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    const cells = dataset.classes.length ** 2;
    this.inCell = Math.max(1, Math.min(picturesInCell, Math.floor(picturesInAll / cells)));
  }

  /** Takes in an example that was judged. */
  add({ image, label, prediction }: JudgedExample): void {
    const { classes, format: { height, width, channels } } = this.#dataset;
    if (channels !== 1 && channels !== 3 || this.#count === picturesInAll) return;
    const cell = `${classes[label]}/${classes[prediction]}`;
    const pictures = this.#cells.get(cell) ?? [];
    this.#cells.set(cell, pictures);
    if (pictures.length >= this.inCell) return;
    this.#count++;
    pictures.push(pictureOfPlanes(image, [height, width, channels]));
  }

  /** A sheet for each pair of classes, tagged `PREFIX/LABEL/PREDICTION`. */
  async sheets(prefix: string): Promise<SummaryValue[]> {
    return await Promise.all([...this.#cells].map(async ([cell, pictures]) => {
      const sheet = contactSheet(pictures, { columns: 6, gap: 1 });
      const { height, width, channels } = sheet;
      const image = { height, width, channels, png: await encodePng(sheet) };
      return { tag: `${prefix}/${cell}`, image };
    }));
  }
}

/** What was evaluated. */
export interface EvaluationSubject {
  /** Which of the data. */
  readonly split: Split;
  /** Whether the parameters' moving averages, and not the parameters themselves. */
  readonly averages: boolean;
}

/**
 * What the results of an evaluation are called, behind their tags and in the names of files: nothing for the
 * averages on the test set, so that others do not pass for these.
 */
export function subjectWords({ split, averages }: EvaluationSubject): string[] {
  return [...split === "test" ? [] : [split], ...averages ? [] : ["not averaged"]];
}

/**
 * Writes what evaluations of a run have to show into a directory: the scalar `precision @ 1`, the text
 * `confusion` with the classes and how often each was taken for which, and pictures of them, at most
 * `picturesInCell` of a pair. What was not
 * evaluated on the test set with averages says so in its tags: `precision @ 1 (train, not averaged)`.
 *
 * @example
 * ```ts
 * import { ConfusedPictures, Device, evaluate, EvaluationSummaries } from "@tower/nn";
 * import { EventReader, type JudgedExample, Rng, shapes, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = tutorialNetwork(), dataset = shapes({ test: 20 });
 * const parameters = model.parameters.initialize(Rng.from(1));
 * const pictures = new ConfusedPictures(dataset);
 * const onExample = (example: JudgedExample) => pictures.add(example);
 * const evaluation = await evaluate(device, { model, dataset, parameters, onExample });
 * const directory = await Deno.makeTempDir();
 * {
 *   using summaries = await EvaluationSummaries.open(directory);
 *   const subject = { split: "test", averages: true } as const;
 *   await summaries.record(evaluation, { step: 0, dataset, subject, pictures });
 * }
 * const [, { values = [] }] = await new EventReader(directory).poll();
 * assertEquals(values[0].tag, "precision @ 1");
 * ```
 */
export class EvaluationSummaries implements Disposable {
  #writer: EventWriter;
  readonly #reader: EventReader;

  private constructor(writer: EventWriter, reader: EventReader) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /**
   * Begins an event file. Of two evaluations of one step the later counts; those of other steps stay, as
   * several programs may evaluate one run, until the run goes on from an earlier step.
   *
   * @throws {Error} if the directory cannot be written to
   */
  static async open(directory: string): Promise<EvaluationSummaries> {
    const reader = new EventReader(directory);
    await anyStarted(reader);
    return new EvaluationSummaries(await EventWriter.open(directory), reader);
  }

  /**
   * Writes an evaluation.
   *
   * @throws {Error} if it cannot be written, as on a full disk
   */
  async record(
    { precision, confusion, examples }: Evaluation,
    { step, dataset, subject, pictures }: {
      step: number;
      dataset: Dataset;
      subject: EvaluationSubject;
      pictures: ConfusedPictures;
    },
  ): Promise<void> {
    const { classes } = dataset;
    const words = subjectWords(subject).join(", ");
    const of = words && ` (${words})`;
    const picturesInCell = pictures.inCell;
    const text = jsonText({ classes, ...subject, examples, confusion, picturesInCell });
    // What took back evaluations meanwhile would take back this one too if it came before.
    if (await anyStarted(this.#reader)) {
      const writer = await EventWriter.open(this.#reader.directory);
      this.#writer[Symbol.dispose]();
      this.#writer = writer;
    }
    this.#writer.write({
      wallTime: Date.now() / 1000,
      step,
      values: [
        { tag: `precision @ 1${of}`, scalar: precision },
        { tag: `confusion${of}`, text },
        ...await pictures.sheets(`confusion${of}`),
      ],
    });
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}

/** Whether a run has begun or gone on since the last call. */
async function anyStarted(reader: EventReader): Promise<boolean> {
  let any = false;
  for await (const { started } of reader.read()) any ||= started === true;
  return any;
}

/**
 * Takes back what evaluations said of a step and of later ones, if there are any in a directory: the run goes
 * on from an earlier step, or begins anew.
 *
 * @throws {Error} if the directory cannot be written to
 */
export async function takeBackEvaluations(directory: string, from: number): Promise<void> {
  const log = new ScalarLog();
  for await (const event of new EventReader(directory).read()) log.take(event);
  const later = [...log.byTag.values()].some(({ steps }) => steps.some((step) => step >= from));
  if (!later) return;
  using writer = await EventWriter.open(directory, { startStep: from });
  // TensorBoard takes the first start of a directory for that of the program, and takes nothing back.
  writer.write({ wallTime: Date.now() / 1000, step: from, started: true });
}
