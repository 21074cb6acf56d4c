/**
 * What an evaluation has to show, as event files that TensorBoard and the dashboard read.
 *
 * @module
 */
import type { Evaluation, JudgedExample } from "./evaluate.ts";
import type { Dataset } from "./data/dataset.ts";
import type { SummaryValue } from "./summary/event.ts";
import { EventWriter } from "./summary/event_writer.ts";
import { jsonText } from "./summary/json_text.ts";
import { contactSheet, fromPlanes } from "./summary/pictures.ts";
import { encodePng, type Picture } from "./summary/png.ts";

/** Pictures that are kept of one class taken for another, and of all of them together. */
const picturesInCell = 12, picturesInAll = 1200;

/** The pictures of an evaluation by class and by what they were taken for; the first of each, and of all. */
export class ConfusedPictures {
  readonly #dataset: Dataset;
  readonly #cells = new Map<string, Picture[]>();
  readonly #limit: number;
  #count = 0;

  /** None yet. */
  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    const cells = dataset.classes.length ** 2;
    this.#limit = Math.max(1, Math.min(picturesInCell, Math.floor(picturesInAll / cells)));
  }

  /** Takes in an example that was judged. */
  add({ image, label, prediction }: JudgedExample): void {
    const { classes, format: { height, width, channels } } = this.#dataset;
    if (channels !== 1 && channels !== 3 || this.#count === picturesInAll) return;
    const cell = `${classes[label]}/${classes[prediction]}`;
    const pictures = this.#cells.get(cell) ?? [];
    this.#cells.set(cell, pictures);
    if (pictures.length >= this.#limit) return;
    this.#count++;
    pictures.push(fromPlanes(image, [height, width, channels]));
  }

  /** A sheet for each pair of classes, tagged `confusion/LABEL/PREDICTION`. */
  async sheets(): Promise<SummaryValue[]> {
    return await Promise.all([...this.#cells].map(async ([cell, pictures]) => {
      const sheet = contactSheet(pictures, { columns: 6, gap: 1 });
      const { height, width, channels } = sheet;
      const image = { height, width, channels, png: await encodePng(sheet) };
      return { tag: `confusion/${cell}`, image };
    }));
  }
}

/**
 * Writes what evaluations of a run have to show into a directory: the scalar `precision @ 1`, the text
 * `confusion` with the classes and how often each was taken for which, and their pictures.
 */
export class EvaluationSummaries implements Disposable {
  readonly #writer: EventWriter;

  private constructor(writer: EventWriter) {
    this.#writer = writer;
  }

  /**
   * Begins an event file.
   *
   * @param step that of the first checkpoint to be evaluated; what was said of it and later ones before
   * no longer counts
   * @throws {Error} if the directory cannot be written to
   */
  static async open(directory: string, step: number): Promise<EvaluationSummaries> {
    return new EvaluationSummaries(await EventWriter.open(directory, { startStep: step }));
  }

  /**
   * Writes an evaluation.
   *
   * @throws {Error} if it cannot be written, as on a full disk
   */
  async record(
    { precision, confusion, examples }: Evaluation,
    { step, dataset, split, pictures }: {
      step: number;
      dataset: Dataset;
      split: string;
      pictures: ConfusedPictures;
    },
  ): Promise<void> {
    const { classes } = dataset;
    this.#writer.write({
      wallTime: Date.now() / 1000,
      step,
      values: [
        { tag: "precision @ 1", scalar: precision },
        { tag: "confusion", text: jsonText({ classes, split, examples, confusion }) },
        ...await pictures.sheets(),
      ],
    });
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}
