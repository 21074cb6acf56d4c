/**
 * Running a model, or one layer, on arrays.
 *
 * @module
 */
import { stepWords } from "../kernels/step.wgsl.ts";
import { Arena } from "./gpu/arena.ts";
import { type Device, DeviceError } from "./gpu/device.ts";
import type { Program } from "./gpu/program.ts";
import { Readback } from "./gpu/readback.ts";
import { Recorder, type Variants } from "./gpu/recorder.ts";
import type { PlacedTensor } from "./gpu/tensor.ts";
import type { Model } from "./layers/sequential.ts";
import { formatShape, requireSize, ShapeError, sizeOf } from "./shape.ts";

/** What to run. */
export interface InferenceOptions {
  /** The network; one layer alone is `sequential(shape, [layer])`. */
  readonly model: Model;
  /** Its parameters, as {@linkcode ParameterTable} lays them out. */
  readonly parameters: Float32Array;
  /** Examples at a time; more are taken in turns. Default 1. */
  readonly batchSize?: number;
  /** Kernel variants to use. Default: what suits the adapter. */
  readonly variants?: Variants;
}

/**
 * A model on an adapter, ready to run: recorded and compiled once, then fed with arrays. Dropout rests, and
 * batch normalization uses its running averages.
 *
 * @example One layer on an array
 * ```ts
 * import { Device, Inference, maxPool2d, sequential } from "@tower/nn";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const model = sequential([2, 2, 1], [maxPool2d({ window: 2 })]);
 * using pool = await Inference.create(device, { model, parameters: new Float32Array() });
 * assertEquals([...await pool.run(Float32Array.of(1, 2, 3, 4))], [4]);
 * ```
 */
export class Inference implements Disposable {
  /** The network. */
  readonly model: Model;
  /** Examples at a time. */
  readonly batchSize: number;
  readonly #program: Program;
  readonly #readback: Readback;
  readonly #input: PlacedTensor;
  readonly #output: PlacedTensor;
  #disposed = false;
  /** The end of the run that was asked for last. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    { model, batchSize = 1 }: InferenceOptions,
    parts: { program: Program; readback: Readback; input: PlacedTensor; output: PlacedTensor },
  ) {
    this.model = model;
    this.batchSize = batchSize;
    this.#program = parts.program;
    this.#readback = parts.readback;
    this.#input = parts.input;
    this.#output = parts.output;
  }

  /**
   * Records and compiles the model, and uploads its parameters.
   *
   * @throws {ShapeError} if there are not as many parameters as the model has, or the batch size is not a
   * positive whole number
   * @throws {DeviceError} if the adapter cannot hold or compile it
   */
  static async create(device: Device, options: InferenceOptions): Promise<Inference> {
    const { model, parameters, batchSize = 1, variants } = options;
    requireSize("the model for inference", "the batch size", batchSize);
    model.parameters.requireArena(parameters, "run the model");
    const record = new Recorder(device, { variants });
    const values = new Arena(record, model.parameters, "parameters", { constant: true });
    const step = record.keep([stepWords], "step");
    const input = record.keep([batchSize, ...model.input], "input");
    const { y } = model.apply(input as Parameters<Model["apply"]>[0], {
      record,
      values,
      training: false,
      step,
    });
    const output = record.output(y, "output");
    using stack = new DisposableStack();
    const program = stack.use(await record.compile(device));
    program.write(values.all, parameters as Float32Array<ArrayBuffer>);
    const readback = stack.use(await Readback.create(device, program.span(output).bytes));
    stack.move();
    return new Inference(options, { program, readback, input, output });
  }

  /** The shape of one example of the output. */
  get outputShape(): readonly number[] {
    return this.model.outputShape(1).slice(1);
  }

  /**
   * Runs it on examples, one after the other in `x`, and gives their outputs likewise. It may be called again
   * before the last call has ended, as a server does: calls take their turns, each with `x` as it was.
   *
   * @throws {ShapeError} if `x` is not a whole number of examples
   * @throws {DeviceError} if the adapter fails, or the model was disposed before its turn came
   */
  async run(x: Float32Array): Promise<Float32Array> {
    const { model } = this;
    const inputSize = sizeOf(model.input);
    const examples = x.length / inputSize;
    if (!Number.isInteger(examples)) {
      throw new ShapeError(
        `Cannot run the model: needs examples of ${
          formatShape(model.input)
        } (${inputSize} numbers ` +
          `each), got ${x.length} numbers`,
      );
    }
    const given = x.slice();
    const turn = this.#last.then(() => this.#runInBatches(given, examples));
    this.#last = turn.catch(() => {}); // whoever asked for it is told
    return await turn;
  }

  async #runInBatches(x: Float32Array<ArrayBuffer>, examples: number): Promise<Float32Array> {
    const { batchSize, model } = this;
    const [inputSize, outputSize] = [sizeOf(model.input), sizeOf(this.outputShape)];
    const outputs = new Float32Array(examples * outputSize);
    for (let n = 0; n < examples; n += batchSize) {
      if (this.#disposed) {
        throw new DeviceError(
          "Cannot run the model: it was disposed; dispose it after its last run",
        );
      }
      const end = Math.min(examples, n + batchSize);
      this.#program.write(this.#input, x.subarray(n * inputSize, end * inputSize));
      this.#program.run();
      const y = new Float32Array(await this.#readback.read([this.#program.span(this.#output)]));
      outputs.set(y.subarray(0, (end - n) * outputSize), n * outputSize);
    }
    return outputs;
  }

  /** Destroys its buffers. The device stays. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#readback[Symbol.dispose]();
    this.#program[Symbol.dispose]();
  }
}
