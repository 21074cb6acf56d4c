/**
 * The summaries of a run in training, as event files that TensorBoard and the dashboard read.
 *
 * @module
 */
import type { Model } from "../layers/sequential.ts";
import type { SummaryValue } from "../summary/event.ts";
import { EventWriter } from "../summary/event_writer.ts";
import { encodeGraph } from "../summary/graph.ts";
import { type Histogram, sparseHistogram } from "../summary/histogram.ts";
import { jsonText } from "../summary/json_text.ts";
import { filterGrid, scaledPicture } from "../summary/pictures.ts";
import { encodePng, type PngPicture } from "../summary/png.ts";
import { modelGraph } from "./model_graph.ts";
import type { TrainEvent } from "./train_event.ts";
import type { StepSummary, TensorSummary } from "./watched.ts";

/** What to say of a run before its first step. */
export interface RunSummariesOptions {
  /** The network, for its graph and its table. */
  readonly model: Model<"NHWC", "NC">;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Whatever else there is to know of the run, kept as JSON. */
  readonly config: unknown;
  /** The step that it goes on from; what earlier files say of it and later ones no longer counts. */
  readonly startStep?: number;
}

/** How a run stands: the last text of the tag `status`. */
export type RunStatus = "running" | "finished" | "stopped" | "failed";

/** A run that has nothing to say for so many milliseconds says that it is running; see the page's `standing.js`. */
const signMilliseconds = 5000;

/**
 * Writes what a run has to show into a directory, from the events of {@linkcode train}:
 *
 * - scalars: every loss, raw (`total_loss (raw)`) and averaged (`total_loss`), `learning_rate`,
 *   `examples/sec`, and of every layer's activations the share of zeros (`conv1/sparsity`);
 * - histograms: activations (`conv1/activations`), parameters (`conv1/weights`), gradients
 *   (`conv1/weights/gradients`);
 * - images: `images/image/0` and on as the network sees them, with their classes as the text
 *   `images/labels`, and the first convolution's filters (`conv1/weights/filters`);
 * - the graph; texts `config`, `model`, `kernels` (milliseconds of each) and `status`, which says every few
 *   seconds that the run is running where there is nothing else to say.
 *
 * @example
 * ```ts
 * import { Device, EventReader, RunSummaries, shapes, train, tutorialNetwork } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = tutorialNetwork(), dataset = shapes({ train: 64 });
 * const recipe = { batchSize: 4, minQueueExamples: 16 };
 * const directory = await Deno.makeTempDir();
 * {
 *   const options = { model, classes: dataset.classes, config: recipe };
 *   using summaries = await RunSummaries.open(directory, options);
 *   const steps = { maxSteps: 2, summarySteps: 1 };
 *   for await (const event of train(device, { model, dataset, recipe, ...steps })) {
 *     await summaries.record(event);
 *   }
 *   summaries.end("finished");
 * }
 * const events = await new EventReader(directory).poll();
 * const tags = events.flatMap(({ values = [] }) => values.map(({ tag }) => tag));
 * assertEquals(tags.includes("total_loss") && tags.includes("conv1/weights/filters"), true);
 * ```
 */
export class RunSummaries implements Disposable {
  readonly #writer: EventWriter;
  readonly #classes: readonly string[];
  #step: number;
  #wrote = performance.now();

  private constructor(writer: EventWriter, { classes, startStep = 0 }: RunSummariesOptions) {
    this.#writer = writer;
    this.#classes = classes;
    this.#step = startStep;
  }

  /**
   * Begins an event file with what is known before the first step.
   *
   * @throws {Error} if the directory cannot be written to
   */
  static async open(directory: string, options: RunSummariesOptions): Promise<RunSummaries> {
    const { model, config, classes, startStep = 0 } = options;
    using stack = new DisposableStack();
    const writer = stack.use(await EventWriter.open(directory, { startStep }));
    const summaries = new RunSummaries(writer, options);
    const nodes = modelGraph(model);
    writer.write({ wallTime: now(), step: startStep, graph: encodeGraph(nodes) });
    summaries.#write(startStep, [
      { tag: "config", text: jsonText(config) },
      { tag: "model", text: jsonText({ input: model.input, classes, layers: model.rows }) },
    ]);
    summaries.#say("running");
    stack.move();
    return summaries;
  }

  /**
   * Writes what an event of training shows; most show nothing.
   *
   * @throws {Error} if it cannot be written, as on a full disk
   */
  async record(event: TrainEvent): Promise<void> {
    // What is saved at the end may be of a step that nothing else tells of.
    if (event.type === "progress") {
      this.#step = Math.max(this.#step, event.done);
      if (performance.now() - this.#wrote >= signMilliseconds) this.#say("running");
    }
    if (event.type === "saved") this.#step = Math.max(this.#step, event.step);
    if (event.type === "profiled") {
      this.#write(this.#step, [{ tag: "kernels", text: jsonText(event.timings) }]);
    }
    if (event.type !== "summary") return;
    const { step, losses, learningRate, examplesPerSecond, summary, labels } = event;
    const scalar = (tag: string, scalar: number): SummaryValue => ({ tag, scalar });
    const named = labels.map((label) => this.#classes[label]);
    const { tensors } = summary;
    this.#write(step, [
      ...Object.entries(losses.averaged).map(([name, loss]) => scalar(name, loss)),
      ...Object.entries(losses.raw).map(([name, loss]) => scalar(`${name} (raw)`, loss)),
      scalar("learning_rate", learningRate),
      scalar("examples/sec", examplesPerSecond),
      ...tensors.flatMap(({ name, zeros, size }) => {
        const [layer, rest] = splitLast(name);
        return rest === "activations" ? [scalar(`${layer}/sparsity`, zeros / size)] : [];
      }),
      ...tensors.map((tensor) => ({ tag: tensor.name, histogram: histogramOf(tensor) })),
      ...await imagesOf(summary),
      { tag: "images/labels", text: jsonText(named) },
    ]);
  }

  /** Says how the run ended, at the number of steps that were done. */
  end(status: Exclude<RunStatus, "running">): void {
    this.#say(status);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }

  #say(status: RunStatus): void {
    this.#write(this.#step, [{ tag: "status", text: status }]);
  }

  #write(step: number, values: readonly SummaryValue[]): void {
    this.#wrote = performance.now();
    this.#writer.write({ wallTime: now(), step, values });
  }
}

function now(): number {
  return Date.now() / 1000;
}

function histogramOf({ size, nonFinite, ...numbers }: TensorSummary): Histogram {
  return sparseHistogram({ ...numbers, num: size - nonFinite });
}

async function imagesOf({ pictures, filters }: StepSummary): Promise<SummaryValue[]> {
  const [N, ...shape] = pictures.shape;
  const size = pictures.values.length / N;
  const images: [string, PngPicture][] = [];
  if ([1, 3].includes(shape[2])) {
    for (let n = 0; n < N; n++) {
      const values = pictures.values.subarray(n * size, (n + 1) * size);
      images.push([`images/image/${n}`, scaledPicture(values, shape)]);
    }
  }
  if (filters) images.push([`${filters.name}/filters`, filterGrid(filters.values, filters)]);
  return await Promise.all(images.map(async ([tag, picture]) => {
    const { height, width, channels } = picture;
    return { tag, image: { height, width, channels, png: await encodePng(picture) } };
  }));
}

function splitLast(name: string): [string, string] {
  const at = name.lastIndexOf("/");
  return [name.slice(0, at), name.slice(at + 1)];
}
