/**
 * Towers whose parameters live in host memory: each takes its own batch, the gradients are averaged in
 * the order of the towers, and one set of parameters is updated and goes out again.
 *
 * @module
 */
import type { StepNumbers } from "../../kernels/step.wgsl.ts";
import type { Batch } from "../data/batch.ts";
import { DeviceError } from "../gpu/device.ts";
import type { Timing } from "../gpu/profile.ts";
import type { Variants } from "../gpu/recorder.ts";
import { lossAverageDecay } from "../losses/total_loss.ts";
import { biasCorrected } from "../optim/averages.ts";
import { addInOrder, type HostUpdate, updateInHostMemory } from "../optim/host_update.ts";
import { gradientDescent, slotsOf } from "../optim/optimizers.ts";
import type { Replica, TowerPlace } from "./replica.ts";
import { recordTower, type TowerOptions, type TowerRecording } from "./tower_recording.ts";
import { gather, type TowerGroup } from "./tower_group.ts";
import type { Losses, StepOptions, Towers, TowerState } from "./towers.ts";
import { decodeSummary, type StepSummary } from "./watched.ts";

/** What host-resident towers are made from. */
export interface HostTowersOptions extends Omit<TowerOptions, "variants"> {
  /** Kernel variants of an earlier run, tower by tower over all processes. */
  readonly variants?: readonly Variants[];
  /** The processes that train together, each with as many towers. Default: this one alone. */
  readonly group?: TowerGroup;
}

/** One replica for each place, and the one set of parameters. */
export class HostTowers implements Towers {
  /** The kernel variants that each tower runs, those of all processes in their order. */
  readonly variants: readonly Variants[];
  readonly #replicas: readonly Replica[];
  readonly #names: readonly string[];
  readonly #recording: TowerRecording;
  readonly #group?: TowerGroup;
  /** Whether gradients may overflow before the loss does. */
  readonly #half: boolean;
  readonly #update: Pick<HostUpdate, "optimizer" | "clipNorm" | "trained">;
  /** The sum of all towers' gradients and losses, where there are several. */
  readonly #sum: Float32Array;
  readonly #losses: Float32Array;
  readonly #state: Required<TowerState>;
  #firstBadStep: number | undefined;

  private constructor(
    replicas: readonly Replica[],
    { recordings, variants, names, group, options }: {
      recordings: readonly TowerRecording[];
      variants: readonly Variants[];
      names: readonly string[];
      group?: TowerGroup;
      options: Omit<TowerOptions, "variants">;
    },
  ) {
    const [recording] = recordings;
    const parameters = recording.parameters.shape[0];
    const losses = recording.losses.names.length;
    this.variants = variants;
    this.#replicas = replicas;
    this.#names = names;
    this.#recording = recording;
    this.#group = group;
    this.#half = options.activations === "f16";
    const { optimizer = gradientDescent(), clipNorm, model } = options;
    const trained = model.parameters.trainedLength;
    this.#update = { optimizer, clipNorm, trained };
    this.#sum = new Float32Array(group || replicas.length > 1 ? parameters + losses : 0);
    this.#losses = new Float32Array(losses);
    this.#state = {
      parameters: new Float32Array(parameters),
      averages: new Float32Array(parameters),
      lossAverages: new Float32Array(losses),
      slots: slotsOf(optimizer).map(() => new Float32Array(trained)),
    };
  }

  /**
   * Makes a replica at every place; a place may come more than once.
   *
   * @param options `batch` is that of one tower
   * @throws {DeviceError} if an adapter cannot hold or compile it
   */
  static async create(
    places: readonly TowerPlace[],
    { variants, group, ...options }: HostTowersOptions,
  ): Promise<HostTowers> {
    using stack = new DisposableStack();
    const rank = group?.rank ?? 0;
    const first = rank * places.length;
    const names = places.map(({ name }, t) => `Tower ${first + t} on ${name}`);
    const recordings = places.map(({ target }, t) =>
      recordTower(target, {
        ...options,
        variants: variants?.[first + t],
        summaries: options.summaries && rank === 0 && t === 0,
        update: false,
      })
    );
    const own = recordings.map(({ recording }) => recording.variants);
    const all = group && await gather(group, JSON.stringify(own));
    const replicas: Replica[] = [];
    for (const [t, place] of places.entries()) {
      const replica = place.createReplica(recordings[t]).catch(failureOf(names[t]));
      replicas.push(stack.use(await replica));
    }
    stack.move();
    return new HostTowers(replicas, {
      recordings,
      variants: all?.flatMap((text): Variants[] => JSON.parse(text)) ?? own,
      names,
      group,
      options,
    });
  }

  /** The losses' names, `total_loss` last. */
  get lossNames(): readonly string[] {
    return this.#recording.losses.names;
  }

  /**
   * Takes a step: parameters and examples out to the towers, gradients back, update.
   *
   * @param batch the examples of all towers of all processes, those of the first tower first
   * @throws {DeviceError} if an adapter fails; the parameters are those of the step before
   */
  async step(
    batch: Pick<Batch, "images" | "labels">,
    numbers: Omit<StepNumbers, "firstExample">,
    { summary = false }: StepOptions = {},
  ): Promise<void> {
    const replicas = this.#replicas;
    const { rank, size } = this.#group ?? { rank: 0, size: 1 };
    const examples = this.#recording.batch;
    const stride = batch.images.length / batch.labels.length;
    const { parameters } = this.#state;
    replicas.forEach((replica, t) => {
      const firstExample = (rank * replicas.length + t) * examples;
      const end = firstExample + examples;
      replica.start({
        parameters,
        images: batch.images.subarray(firstExample * stride, end * stride),
        labels: batch.labels.subarray(firstExample, end),
        numbers: { ...numbers, firstExample },
        summary: summary && t === 0,
      });
    });
    const results: Float32Array[] = [];
    for (const [t, replica] of replicas.entries()) {
      results.push(await replica.finish().catch(failureOf(this.#names[t])));
    }
    const sum = await this.#addUp(results);
    if (this.#half && !sum.every((value) => Number.isFinite(value))) {
      this.#firstBadStep ??= numbers.step;
    }
    const scale = 1 / (replicas.length * size);
    updateInHostMemory(this.#state, {
      gradients: sum,
      scale,
      learningRate: numbers.learningRate,
      averageWeight: numbers.averageWeight,
      corrections: numbers.corrections,
      ...this.#update,
    });
    this.#takeLosses(sum.subarray(parameters.length), { scale, step: numbers.step });
    for (const replica of replicas) replica.release();
  }

  /** The losses of the last step, each the mean over the towers. */
  losses(steps: number): Promise<Losses> {
    const { lossAverages } = this.#state;
    const named = (of: (index: number) => number) =>
      Object.fromEntries(this.lossNames.map((name, index) => [name, of(index)]));
    const correct = (average: number) =>
      biasCorrected(average, { decay: lossAverageDecay, count: steps });
    return Promise.resolve({
      raw: named((index) => this.#losses[index]),
      averaged: named((index) => correct(lossAverages[index])),
      firstBadStep: this.#firstBadStep,
    });
  }

  /** The first tower's summary of the last step that was asked for one. */
  async readSummary(): Promise<StepSummary> {
    const { watched } = this.#recording;
    if (!watched) throw new TypeError("Cannot summarize: the towers were not made to");
    const words = await this.#replicas[0].summary().catch(failureOf(this.#names[0]));
    return decodeSummary(watched, words);
  }

  /** What every dispatch of a step takes on the first tower. */
  async profile(): Promise<readonly Timing[]> {
    return await this.#replicas[0].profile().catch(failureOf(this.#names[0]));
  }

  /** A copy of what a checkpoint needs. */
  readState(): Promise<TowerState> {
    const { parameters, averages, lossAverages, slots } = this.#state;
    return Promise.resolve({
      parameters: parameters.slice(),
      averages: averages.slice(),
      lossAverages: lossAverages.slice(),
      slots: slots.map((slot) => slot.slice()),
    });
  }

  /** Goes on from a state; no step from it on was bad yet. */
  writeState({ parameters, averages, lossAverages, slots = [] }: TowerState): void {
    this.#state.parameters.set(parameters);
    this.#state.averages.set(averages);
    this.#state.lossAverages.set(lossAverages);
    this.#state.slots.forEach((slot, i) => slots[i] ? slot.set(slots[i]) : slot.fill(0));
    this.#firstBadStep = undefined;
  }

  /** Disposes the replicas. The places stay. */
  [Symbol.dispose](): void {
    for (const replica of this.#replicas) replica[Symbol.dispose]();
  }

  /** The sum over the towers of this process and then over the processes, each in their order. */
  async #addUp(results: readonly Float32Array[]): Promise<Float32Array> {
    if (results.length === 1 && !this.#group) return results[0];
    addInOrder(this.#sum, results);
    await this.#group?.sum(this.#sum);
    return this.#sum;
  }

  #takeLosses(sums: Float32Array, { scale, step }: { scale: number; step: number }): void {
    const losses = this.#losses;
    const { lossAverages } = this.#state;
    sums.forEach((sum, i) => {
      losses[i] = scale * sum;
      lossAverages[i] = lossAverageDecay * lossAverages[i] + (1 - lossAverageDecay) * losses[i];
    });
    if (!Number.isFinite(losses.at(-1))) this.#firstBadStep ??= step;
  }
}

/** Says whose failure it is. */
function failureOf(tower: string): (error: unknown) => never {
  return (cause) => {
    if (!(cause instanceof DeviceError)) throw cause;
    throw new DeviceError(`${tower} failed: ${cause.message}`, { cause });
  };
}
