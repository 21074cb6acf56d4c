/**
 * A tower: one replica of a model on one adapter, recorded as one program.
 *
 * @module
 */
import { gradientDescent } from "../../kernels/gradient_descent.wgsl.ts";
import type { ElementType } from "../../kernels/kernel.ts";
import { distortedPictures, type Distortion } from "../../kernels/picture.wgsl.ts";
import { packStep, type StepNumbers, stepWords } from "../../kernels/step.wgsl.ts";
import type { Batch } from "../data/batch.ts";
import { Arena } from "../gpu/arena.ts";
import type { Device } from "../gpu/device.ts";
import type { Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import { type PlacedTensor, Recorder, type Variants } from "../gpu/recorder.ts";
import {
  crossEntropy,
  lossAverageDecay,
  type LossBuffers,
  lossScale,
  totalLoss,
  unscaleGradients,
  weightDecayTerms,
} from "../layers/loss.ts";
import type { Model } from "../layers/sequential.ts";
import { withoutStart } from "../optim/averages.ts";

/** Sizes of one stored picture. */
export interface StoredPicture {
  /** Height. */
  readonly height: number;
  /** Width. */
  readonly width: number;
  /** Colour planes. */
  readonly channels: number;
}

/** How to build a {@linkcode Tower}. */
export interface TowerOptions {
  /** What to train. */
  readonly model: Model<"NHWC", "NC">;
  /** Examples a step. */
  readonly batch: number;
  /** Sizes of the stored pictures; the model's input is cropped from them. */
  readonly picture: StoredPicture;
  /** How training pictures are distorted. */
  readonly distortion: Distortion;
  /** Kernel variants of an earlier run; default: what suits the adapter. */
  readonly variants?: Variants;
  /** What activations and their gradients are stored as. Default `f32`. */
  readonly activations?: ElementType;
}

/** Losses by name, `total_loss` last. */
export interface Losses {
  /** Of the last step. */
  readonly raw: Readonly<Record<string, number>>;
  /** Moving averages with decay 0.9, corrected for their start. */
  readonly averaged: Readonly<Record<string, number>>;
  /** The first step whose total, or gradient of `f16` activations, was not finite, if any. */
  readonly firstBadStep: number | undefined;
}

/** What a tower holds that a checkpoint needs. */
export interface TowerState {
  /** The parameters' arena. */
  readonly parameters: Float32Array;
  /** Their moving averages. */
  readonly averages: Float32Array;
  /** Moving averages of the losses as they lie on the adapter. */
  readonly lossAverages: Float32Array;
}

/** One replica of a model on one adapter with its parameters, averages and update resident there. */
export class Tower implements Disposable {
  /** What a step runs. */
  readonly program: Program;
  /** Sizes and all. */
  readonly options: TowerOptions;
  readonly #device: Device;
  readonly #values: Arena;
  readonly #gradients: Arena;
  readonly #averages: Arena;
  readonly #inputs: { bytes: PlacedTensor; labels: PlacedTensor; step: PlacedTensor };
  readonly #losses: LossBuffers;
  readonly #readback: Readback;
  readonly #labels: Uint32Array<ArrayBuffer>;

  private constructor(parts: {
    options: TowerOptions;
    device: Device;
    program: Program;
    values: Arena;
    gradients: Arena;
    averages: Arena;
    inputs: { bytes: PlacedTensor; labels: PlacedTensor; step: PlacedTensor };
    losses: LossBuffers;
    readback: Readback;
  }) {
    this.options = parts.options;
    this.program = parts.program;
    this.#device = parts.device;
    this.#values = parts.values;
    this.#gradients = parts.gradients;
    this.#averages = parts.averages;
    this.#inputs = parts.inputs;
    this.#losses = parts.losses;
    this.#readback = parts.readback;
    this.#labels = new Uint32Array(parts.options.batch);
  }

  /**
   * Records and compiles a training step: distort, forward, loss, backward, update.
   *
   * @throws {DeviceError} if the adapter cannot hold or compile it, or has no `f16` where it is asked for
   */
  static async create(device: Device, options: TowerOptions): Promise<Tower> {
    const { model, batch, picture, distortion, variants, activations } = options;
    const { height: H, width: W, channels: C } = picture;
    const [CH, CW] = model.input;
    using stack = new DisposableStack();
    const arena = (name: string) => stack.use(new Arena(device, model.parameters, name));
    const values = arena("parameters");
    const gradients = arena("gradients");
    const averages = arena("averages");

    const record = new Recorder(device, { variants, activations });
    const inputs = {
      bytes: record.keep([Math.ceil(batch * H * W * C / 4)], "images"),
      labels: record.keep([batch], "labels"),
      step: record.keep([stepWords], "step"),
    };
    const { bytes, labels, step } = inputs;
    const x = record.activation([batch, CH, CW, C], "pictures");
    record.scope(
      "distort",
      () =>
        record.dispatch(distortedPictures({ N: batch, H, W, C, CH, CW }, distortion), {
          bytes,
          x,
          step,
        }),
    );
    const context = { record, values, gradients, training: true, step };
    const { y: logits, pullback } = model.apply(x, context);
    const scale = lossScale(batch, record.activations);
    const firstBad = record.keep([1], "first bad step");
    const { loss, dx } = crossEntropy(logits, { record, labels, scale });
    pullback(dx, { needsInput: false });
    if (scale !== 1) unscaleGradients(record, { gradients, scale, step, firstBad });
    const terms = [
      { name: "cross_entropy", loss },
      ...weightDecayTerms(record, { values, gradients }),
    ];
    const losses = totalLoss(terms, { record, step, firstBad });
    record.scope("update", () =>
      record.dispatch(gradientDescent(model.parameters.length), {
        step,
        gradients: gradients.all,
        parameters: values.all,
        averages: averages.all,
      }));

    const program = stack.use(await record.compile());
    const readback = stack.use(await Readback.create(device, model.parameters.length * 8 + 4096));
    stack.move();
    return new Tower({
      options,
      device,
      program,
      values,
      gradients,
      averages,
      inputs,
      losses,
      readback,
    });
  }

  /** Uploads a batch and the step's numbers and starts the step. Does not wait. */
  step(batch: Pick<Batch, "images" | "labels">, numbers: StepNumbers): void {
    const { queue } = this.#device.gpu;
    const { bytes, labels, step } = this.#inputs;
    this.#labels.set(batch.labels);
    queue.writeBuffer(bytes.place.buffer, 0, batch.images);
    queue.writeBuffer(labels.place.buffer, 0, this.#labels);
    queue.writeBuffer(step.place.buffer, 0, packStep(numbers));
    this.program.run();
  }

  /**
   * Waits for all steps started so far and reads the losses of the last.
   *
   * @param steps how many steps the run has done since its first, for the averages
   * @throws {DeviceError} if the device failed meanwhile
   */
  async losses(steps: number): Promise<Losses> {
    const { names, losses, averages, firstBad } = this.#losses;
    const bytes = names.length * 4;
    const data = await this.#readback.read([
      { ...losses.place, bytes },
      { ...averages.place, bytes },
      { ...firstBad.place, bytes: 4 },
    ]);
    const numbers = new Float32Array(data, 0, names.length * 2);
    const [bad] = new Uint32Array(data, bytes * 2, 1);
    const correct = (average: number) =>
      withoutStart(average, { decay: lossAverageDecay, count: steps });
    const named = (of: (index: number) => number) =>
      Object.fromEntries(names.map((name, index) => [name, of(index)]));
    return {
      raw: named((index) => numbers[index]),
      averaged: named((index) => correct(numbers[names.length + index])),
      firstBadStep: bad === 0 ? undefined : bad - 1,
    };
  }

  /** Waits for all steps started so far and reads what a checkpoint needs. */
  async readState(): Promise<TowerState> {
    const count = this.#values.table.length;
    const losses = this.#losses.names.length;
    const data = await this.#readback.read([
      { buffer: this.#values.buffer, offset: 0, bytes: count * 4 },
      { buffer: this.#averages.buffer, offset: 0, bytes: count * 4 },
      { ...this.#losses.averages.place, bytes: losses * 4 },
    ]);
    return {
      parameters: new Float32Array(data, 0, count),
      averages: new Float32Array(data, count * 4, count),
      lossAverages: new Float32Array(data, count * 8, losses),
    };
  }

  /** Uploads a state. */
  writeState({ parameters, averages, lossAverages }: TowerState): void {
    this.#values.write(parameters);
    this.#averages.write(averages);
    this.#device.gpu.queue.writeBuffer(
      this.#losses.averages.place.buffer,
      0,
      lossAverages as Float32Array<ArrayBuffer>,
    );
  }

  /** Waits for all steps started so far and reads the gradients of the last. */
  async readGradients(): Promise<Float32Array> {
    const bytes = this.#gradients.table.length * 4;
    return new Float32Array(
      await this.#readback.read([{ buffer: this.#gradients.buffer, offset: 0, bytes }]),
    );
  }

  /** The number of losses, `total_loss` included. */
  get lossNames(): readonly string[] {
    return this.#losses.names;
  }

  /** Destroys its buffers. The device stays. */
  [Symbol.dispose](): void {
    this.#readback[Symbol.dispose]();
    this.program[Symbol.dispose]();
    for (const arena of [this.#values, this.#gradients, this.#averages]) arena[Symbol.dispose]();
  }
}
