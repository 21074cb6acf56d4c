/**
 * A tower as host-resident training sees it: parameters and examples in, gradients and losses out.
 *
 * @module
 */
import { packStep, type StepNumbers } from "../../kernels/step.wgsl.ts";
import type { Device } from "../gpu/device.ts";
import { profile, type Timing } from "../gpu/profile.ts";
import { Program } from "../gpu/program.ts";
import { Readback } from "../gpu/readback.ts";
import type { Target } from "../gpu/recorder.ts";
import type { TowerRecording } from "./tower_recording.ts";
import { summaryBytes, summaryTensors } from "./watched.ts";

/** What a replica computes a step from. */
export interface ReplicaInput {
  /** The parameters' arena. */
  readonly parameters: Float32Array;
  /** Its stored pictures, end to end. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** Their classes. */
  readonly labels: Uint8Array<ArrayBuffer>;
  /** The step's numbers. */
  readonly numbers: StepNumbers;
  /** Whether to make a summary. Default: no. */
  readonly summary?: boolean;
}

/** One tower of several. */
export interface Replica extends Disposable {
  /** Takes in everything and starts the step. */
  start(input: ReplicaInput): void;
  /**
   * Waits for the step; gives the gradients' arena and behind it the losses, both as they are until
   * {@linkcode Replica.release}, which has to follow.
   */
  finish(): Promise<Float32Array>;
  /** Gives back what {@linkcode Replica.finish} showed. */
  release(): void;
  /** The words of the last summary. */
  summary(): Promise<ArrayBuffer>;
  /** What every dispatch of a step takes, on whatever is there. */
  profile(): Promise<readonly Timing[]>;
}

/** Where replicas can be made: an adapter of this process, or a process of its own. */
export interface TowerPlace {
  /** What messages call it: the adapter's name, and what tells it from others of that name. */
  readonly name: string;
  /** What it runs on. */
  readonly target: Target;
  /** Makes a replica of what was recorded for its target. */
  createReplica(recording: TowerRecording): Promise<Replica>;
}

/**
 * The place that an adapter of this process is.
 *
 * @example Towers on devices of one's own
 * ```ts
 * import { Device } from "@tower/nn";
 * import { placeOn } from "@tower/nn/train";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const places = [placeOn(device), placeOn(device)]; // for train: two towers that share it
 * assertEquals(places[0].name, `"${device.summary.name}"`);
 * ```
 */
export function placeOn(device: Device): TowerPlace {
  return {
    name: `"${device.summary.name}"`,
    target: device,
    createReplica: (recording) => LocalReplica.create(device, recording),
  };
}

/** A replica on an adapter of this process. */
export class LocalReplica implements Replica {
  readonly #program: Program;
  readonly #recording: TowerRecording;
  readonly #readback: Readback;

  private constructor(program: Program, recording: TowerRecording, readback: Readback) {
    this.#program = program;
    this.#recording = recording;
    this.#readback = readback;
  }

  /**
   * Builds what was recorded for the device.
   *
   * @throws {DeviceError} if the adapter cannot hold or compile it
   */
  static async create(device: Device, recording: TowerRecording): Promise<LocalReplica> {
    using stack = new DisposableStack();
    const program = stack.use(await Program.build(device, recording.recording));
    const bytes = Math.max(resultBytes(recording), summaryBytes(recording.watched));
    const readback = stack.use(await Readback.create(device, bytes));
    stack.move();
    return new LocalReplica(program, recording, readback);
  }

  /** Uploads everything and starts the step. */
  start({ parameters, images, labels, numbers, summary = false }: ReplicaInput): void {
    const { inputs, losses, gradients } = this.#recording;
    const program = this.#program;
    program.write(this.#recording.parameters, parameters as Float32Array<ArrayBuffer>);
    program.write(inputs.bytes, images);
    program.write(inputs.labels, Uint32Array.from(labels));
    program.write(inputs.step, packStep(numbers));
    program.run({ summaries: summary });
    this.#readback.copy([program.span(gradients), program.span(losses.losses)]);
  }

  /** Waits for the step and gives gradients and losses, in memory shared with the adapter. */
  async finish(): Promise<Float32Array> {
    return new Float32Array(await this.#readback.map());
  }

  /** Gives the memory back. */
  release(): void {
    this.#readback.unmap();
  }

  /** Reads the last summary. */
  async summary(): Promise<ArrayBuffer> {
    const { watched } = this.#recording;
    if (!watched) throw new TypeError("Cannot summarize: the replica was not made to");
    const spans = summaryTensors(watched).map((tensor) => this.#program.span(tensor));
    return await this.#readback.read(spans);
  }

  /** Times the dispatches of a step. */
  async profile(): Promise<readonly Timing[]> {
    return await profile(this.#program, { runs: 3 });
  }

  /** Destroys its buffers. The device stays. */
  [Symbol.dispose](): void {
    this.#readback[Symbol.dispose]();
    this.#program[Symbol.dispose]();
  }
}

/** Bytes of what a replica gives: the gradients' arena and the losses. */
export function resultBytes({ gradients, losses }: TowerRecording): number {
  return (gradients.shape[0] + losses.names.length) * 4;
}
