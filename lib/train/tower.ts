/**
 * One tower whose parameters, averages and update live on its adapter.
 *
 * @module
 */
import { packStep, type StepNumbers } from "../../kernels/step.wgsl.ts";
import type { Batch } from "../data/batch.ts";
import type { Device } from "../gpu/device.ts";
import { profile, type Timing } from "../gpu/profile.ts";
import { Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import type { Variants } from "../gpu/recorder.ts";
import type { PlacedTensor } from "../gpu/tensor.ts";
import { lossAverageDecay } from "../losses/total_loss.ts";
import { biasCorrected } from "../optim/averages.ts";
import { recordTower, type TowerOptions, type TowerRecording } from "./tower_recording.ts";
import type { Losses, StepOptions, Towers, TowerState } from "./towers.ts";
import { decodeSummary, type StepSummary, summaryBytes, summaryTensors } from "./watched.ts";

/** One replica of a model on one adapter with its parameters, averages and update resident there. */
export class Tower implements Towers {
  /** What a step runs. */
  readonly program: Program;
  readonly #recording: TowerRecording;
  readonly #averages: PlacedTensor;
  readonly #readback: Readback;

  private constructor(program: Program, recording: TowerRecording, readback: Readback) {
    this.program = program;
    this.#recording = recording;
    this.#averages = recording.averages!;
    this.#readback = readback;
  }

  /**
   * Records and compiles a training step: distort, forward, loss, backward, update.
   *
   * @throws {DeviceError} if the adapter cannot hold or compile it
   */
  static async create(device: Device, options: TowerOptions): Promise<Tower> {
    const recording = recordTower(device, { ...options, update: true });
    using stack = new DisposableStack();
    const program = stack.use(await Program.build(device, recording.recording));
    const arenas = 2 + (recording.slots?.length ?? 0);
    const stateBytes = options.model.parameters.length * 4 * arenas + 4096;
    const bytes = Math.max(stateBytes, summaryBytes(recording.watched));
    const readback = stack.use(await Readback.create(device, bytes));
    stack.move();
    return new Tower(program, recording, readback);
  }

  /** The losses' names, `total_loss` last. */
  get lossNames(): readonly string[] {
    return this.#recording.losses.names;
  }

  /** The kernel variants that it runs. */
  get variants(): readonly [Variants] {
    return [this.program.variants];
  }

  /** Uploads a batch and the step's numbers and starts the step. Does not wait. */
  step(
    { images, labels }: Pick<Batch, "images" | "labels">,
    numbers: Omit<StepNumbers, "firstExample">,
    { summary = false }: StepOptions = {},
  ): void {
    const { inputs } = this.#recording;
    this.program.write(inputs.bytes, images);
    this.program.write(inputs.labels, Uint32Array.from(labels));
    this.program.write(inputs.step, packStep({ ...numbers, firstExample: 0 }));
    this.program.run({ summaries: summary });
  }

  /**
   * Waits for all steps started so far and reads the losses of the last.
   *
   * @param steps how many steps the run has done since its first, for the averages
   * @throws {DeviceError} if the device failed meanwhile
   */
  async losses(steps: number): Promise<Losses> {
    const { names, losses, averages, firstBad } = this.#recording.losses;
    const data = await this.#read([losses, averages, firstBad]);
    const numbers = new Float32Array(data, 0, names.length * 2);
    const [bad] = new Uint32Array(data, names.length * 8, 1);
    const correct = (average: number) =>
      biasCorrected(average, { decay: lossAverageDecay, count: steps });
    const named = (of: (index: number) => number) =>
      Object.fromEntries(names.map((name, index) => [name, of(index)]));
    return {
      raw: named((index) => numbers[index]),
      averaged: named((index) => correct(numbers[names.length + index])),
      firstBadStep: bad === 0 ? undefined : bad - 1,
    };
  }

  /** Waits for all steps started so far and reads the summary of the last that was asked for one. */
  async readSummary(): Promise<StepSummary> {
    const { watched } = this.#recording;
    if (!watched) throw new TypeError("Cannot summarize: the tower was not made to");
    return decodeSummary(watched, await this.#read(summaryTensors(watched)));
  }

  /** What every dispatch of a step takes; a state has to be written after it. */
  async profile(): Promise<readonly Timing[]> {
    return await profile(this.program, { runs: 3 });
  }

  /** Waits for all steps started so far and reads what a checkpoint needs. */
  async readState(): Promise<TowerState> {
    const { parameters: values, losses, slots = [] } = this.#recording;
    const tensors = [values, this.#averages, losses.averages, ...slots];
    const data = await this.#read(tensors);
    let at = 0;
    const [parameters, averages, lossAverages, ...rest] = tensors.map(({ shape }) => {
      at += shape[0] * 4;
      return new Float32Array(data, at - shape[0] * 4, shape[0]);
    });
    return { parameters, averages, lossAverages, slots: rest };
  }

  /** Uploads a state; no step from it on was bad yet. */
  writeState({ parameters, averages, lossAverages, slots: given = [] }: TowerState): void {
    this.program.write(this.#recording.parameters, parameters as Float32Array<ArrayBuffer>);
    this.program.write(this.#averages, averages as Float32Array<ArrayBuffer>);
    const { losses, slots = [] } = this.#recording;
    this.program.write(losses.averages, lossAverages as Float32Array<ArrayBuffer>);
    this.program.write(losses.firstBad, new Uint32Array(1));
    slots.forEach((slot, i) => {
      const values = given[i] ?? new Float32Array(slot.shape[0]);
      this.program.write(slot, values as Float32Array<ArrayBuffer>);
    });
  }

  /** Waits for all steps started so far and reads the gradients of the last. */
  async readGradients(): Promise<Float32Array> {
    return new Float32Array(await this.#read([this.#recording.gradients]));
  }

  /** Destroys its buffers. The device stays. */
  [Symbol.dispose](): void {
    this.#readback[Symbol.dispose]();
    this.program[Symbol.dispose]();
  }

  #read(tensors: readonly PlacedTensor[]): Promise<ArrayBuffer> {
    return this.#readback.read(tensors.map((tensor) => this.program.span(tensor)));
  }
}
