/**
 * Recording: layers write down what to dispatch on which tensors; nothing runs yet.
 *
 * @module
 */
import { bindingsOf, type ElementType, type Kernel, withReal } from "../../kernels/kernel.ts";
import type { MatmulVariant } from "../../kernels/matmul.wgsl.ts";
import { type Device, DeviceError } from "./device.ts";
import { Program } from "./program.ts";
import type { Recorded, Recording, Target, Variants } from "./recording.ts";
import { bytesOf, formatTensor, type Memory, type PlacedTensor, type Tensor } from "./tensor.ts";

export type { Recorded, Recording, Target, Variants };

/** How to record. */
export interface RecorderOptions {
  /** Variants to use whatever the adapter, as a checkpoint of an earlier run names them. */
  readonly variants?: Variants;
  /** What activations and their gradients are stored as. Default `f32`. */
  readonly activations?: ElementType;
}

/**
 * Collects the dispatches of a model for a {@linkcode Program}.
 *
 * @example A program of one's own
 * ```ts
 * import { Device, readOnce, Recorder } from "@tower/nn/layers";
 * import { elementwise } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const record = new Recorder(device);
 * const x = record.keep([4], "x"), y = record.keep([4], "y");
 * const twice = record.tensor([4]); // scratch: its memory is shared
 * record.dispatch(elementwise("twice", 4, ["x", "y"], "y[i] = x[i] + x[i];"), { x, y: twice });
 * record.dispatch(elementwise("square", 4, ["x", "y"], "y[i] = x[i] * x[i];"), { x: twice, y });
 * using program = await record.compile(device);
 * program.write(x, Float32Array.of(1, 2, 3, 4));
 * program.run();
 * const result = new Float32Array(await readOnce(device, [program.span(y)]));
 * assertEquals([...result], [4, 16, 36, 64]);
 * ```
 */
export class Recorder {
  /** What the program will run on. */
  readonly target: Target;
  /** What activations and their gradients are stored as. */
  readonly activations: ElementType;
  readonly #recorded: Recorded[] = [];
  readonly #kept: Memory[] = [];
  readonly #placed = new Map<Tensor, PlacedTensor>();
  readonly #chosen: Record<string, string> = {};
  readonly #variants: Variants;
  #layer = "";
  #summary = false;

  /**
   * Starts an empty recording.
   *
   * @throws {DeviceError} if activations are to be `f16` and the adapter has none
   */
  constructor(target: Target, options: RecorderOptions = {}) {
    this.target = target;
    this.activations = options.activations ?? "f32";
    if (this.activations === "f16" && !target.f16) {
      throw new DeviceError(
        `Cannot store activations as f16 on "${target.summary.name}": needs the feature ` +
          "shader-f16, got an adapter without it; use f32",
      );
    }
    this.#variants = options.variants ?? {};
  }

  /** A scratch tensor for what one layer gives another, stored as {@linkcode Recorder.activations}. */
  activation<const S extends readonly number[]>(shape: S, name?: string): Tensor<S> {
    return { ...this.tensor(shape, name), type: this.activations };
  }

  /** A scratch tensor of 32-bit numbers: its memory is shared with tensors that live at other times. */
  tensor<const S extends readonly number[]>(shape: S, name = "scratch"): Tensor<S> {
    return { name: this.#layer ? `${this.#layer} ${name}` : name, shape };
  }

  /** A tensor with memory of its own, to be written or read between runs; see {@linkcode Memory} for `constant`. */
  keep<const S extends readonly number[]>(
    shape: S,
    name: string,
    { type, constant }: { type?: ElementType; constant?: boolean } = {},
  ): PlacedTensor<S> {
    const memory = { name, bytes: bytesOf({ name, shape, type }), constant };
    this.#kept.push(memory);
    return { name, shape, type, place: { memory, offset: 0 } };
  }

  /** The same memory under another shape of as many elements. */
  reshape<const S extends readonly number[]>(tensor: Tensor, shape: S): Tensor<S> {
    const { name, type, place, base = tensor } = tensor;
    return { name, shape, type, place, base };
  }

  /**
   * Keeps a scratch tensor's memory to itself, so that it can be read after the program ran. A
   * tensor that lies somewhere already stays there.
   */
  output<S extends readonly number[]>(tensor: Tensor<S>, name: string): PlacedTensor<S> {
    if (tensor.place) return { ...tensor, place: tensor.place };
    const own = tensor.base ?? tensor;
    const kept = this.#placed.get(own) ?? this.keep(tensor.shape, name, tensor);
    this.#placed.set(own, kept);
    return { ...tensor, name, place: kept.place };
  }

  /** The layer that is being recorded; those inside of others are named `OUTER/INNER`. */
  get layer(): string {
    return this.#layer;
  }

  /** Runs `record` with everything in it credited to a layer. */
  scope<T>(layer: string, record: () => T): T {
    const outer = this.#layer;
    this.#layer = outer ? `${outer}/${layer}` : layer;
    try {
      return record();
    } finally {
      this.#layer = outer;
    }
  }

  /** Runs `record` with everything in it left out of runs that do not ask for summaries. */
  forSummaries(record: () => void): void {
    const outer = this.#summary;
    this.#summary = true;
    try {
      record();
    } finally {
      this.#summary = outer;
    }
  }

  /**
   * Which of the `available` variants of `work` to use: what the options name, else the first. The
   * choice changes rounding, so it is kept as part of the run ({@linkcode Program.variants}).
   *
   * @throws {RangeError} if the options name one that is not available here
   */
  variant<const T extends string>(work: string, available: readonly T[]): T {
    const name = this.#layer ? `${this.#layer} ${work}` : work;
    const wanted = this.#variants[name] ?? this.#variants[work] ?? available[0];
    const chosen = available.find((variant) => variant === wanted);
    if (chosen === undefined) {
      throw new RangeError(
        `Cannot record ${name} on "${this.target.summary.name}": needs its variant "${wanted}", ` +
          `got only ${
            available.join(", ")
          }; go on with the run on the adapter that it was started on`,
      );
    }
    return this.#chosen[name] = chosen;
  }

  /** The variant of a matrix product that suits the adapter. */
  matmulVariant(work: string): MatmulVariant {
    return this.variant(work, matmulVariants(this.target));
  }

  /**
   * Records one dispatch with tensors given by the names of the kernel's bindings.
   *
   * @throws {TypeError} if the names are not those that the kernel declares, or a tensor is stored as
   * something else than the kernel takes it for
   */
  dispatch(kernel: Kernel, tensors: Readonly<Record<string, Tensor>>): void {
    const bindings = bindingsOf(kernel.code);
    const names = bindings.map((binding) => binding.name);
    const given = Object.keys(tensors);
    if (names.length !== given.length || names.some((name) => !(name in tensors))) {
      throw new TypeError(
        `Cannot dispatch ${kernel.name}: needs tensors ${names.join(", ")}, got ${
          given.join(", ")
        }`,
      );
    }
    for (const { name, real } of bindings) {
      const [needed, got] = [real ? this.activations : "f32", tensors[name].type ?? "f32"];
      if (needed === got) continue;
      throw new TypeError(
        `Cannot dispatch ${kernel.name}: needs ${name} stored as ${needed}, got ${got} in ` +
          formatTensor(tensors[name]),
      );
    }
    this.#recorded.push({
      layer: this.#layer,
      kernel: withReal(kernel, this.activations),
      summary: this.#summary,
      tensors: names.map((name) => tensors[name].base ?? tensors[name]),
    });
  }

  /** What was recorded so far. */
  recording(): Recording {
    return {
      recorded: this.#recorded.map((recorded) => ({
        ...recorded,
        tensors: recorded.tensors.map((tensor) => this.#placed.get(tensor) ?? tensor),
      })),
      kept: this.#kept,
      variants: this.#chosen,
    };
  }

  /** Builds a program of it; see {@linkcode Program.build}. */
  compile(device: Device): Promise<Program> {
    return Program.build(device, this.recording());
  }
}

/** The variants of a matrix product that an adapter has, the one that suits it best first. */
export function matmulVariants(target: Target): readonly MatmulVariant[] {
  if (!target.subgroups) return ["workgroup"];
  return target.kind === "software" ? ["subgroup", "workgroup"] : ["workgroup", "subgroup"];
}
