/**
 * Runs one layer forward and backward on arrays, the way a model would.
 *
 * @module
 */
import type { ElementType } from "../../kernels/kernel.ts";
import { type StepNumbers, stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../gpu/arena.ts";
import type { Device } from "../gpu/device.ts";
import type { Program } from "../gpu/program.ts";
import { Recorder, type Variants } from "../gpu/recorder.ts";
import type { Layer } from "../layers/layer.ts";
import { ParameterTable } from "../parameters.ts";
import type { Layout, Shape } from "../shape.ts";
import { readerOf, stepOf, write, writeArenas } from "./tensors.ts";

/** How a layer is compiled. */
export interface LayerOptions {
  /** Of the input. */
  readonly shape: readonly number[];
  /** Whether to record the backward run too. By default true. */
  readonly backward?: boolean;
  /** Whether the backward run gives the gradient of the input. By default true. */
  readonly needsInput?: boolean;
  /** By default true. */
  readonly training?: boolean;
  readonly variants?: Variants;
  /** What input, output and their gradients are stored as. By default `f32`. */
  readonly activations?: ElementType;
}

/** What one run takes. */
export interface LayerInput {
  readonly x: ArrayLike<number>;
  /** Parameters by their short names. */
  readonly parameters?: Readonly<Record<string, ArrayLike<number>>>;
  /** The gradient of the output, where the backward run was recorded. */
  readonly dy?: ArrayLike<number>;
  readonly step?: Partial<StepNumbers>;
}

/** What one run gives. */
export interface LayerResult {
  readonly y: Float32Array;
  /** Of the input; empty without a backward run. */
  readonly dx: Float32Array;
  /** Of the parameters, by their short names; not written without a backward run. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

/** One layer, compiled once to be run many times. */
export interface CompiledLayer extends Disposable {
  /** Of the output. */
  readonly shape: readonly number[];
  readonly program: Program;
  run(input: LayerInput): Promise<LayerResult>;
}

/** Compiles a layer; the caller disposes it. */
export async function compileLayer(
  device: Device,
  layer: Layer<Layout, Layout>,
  {
    backward = true,
    needsInput = true,
    training = true,
    variants,
    activations,
    ...options
  }: LayerOptions,
): Promise<CompiledLayer> {
  using stack = new DisposableStack();
  const shape = options.shape as unknown as Shape;
  const table = new ParameterTable(Object.entries(layer.parameters(shape)));
  const record = new Recorder(device, { variants, activations });
  const values = new Arena(record, table, "values");
  const gradients = new Arena(record, table, "gradients");
  const parameters = Object.fromEntries(
    table.entries.map(({ name }) => [
      name,
      { value: values.tensor(name), gradient: gradients.tensor(name) },
    ]),
  );

  const x = record.keep(shape, "x", { type: activations });
  const dy = record.keep(layer.outputShape(shape), "dy", { type: activations });
  const step = record.keep([stepWords], "step");
  const applied = layer.apply(x, { record, parameters, training, step });
  const y = record.output(applied.y, "y");
  const gradient = backward ? applied.pullback(dy, { needsInput }) : undefined;
  const dx = needsInput && gradient && record.output(gradient, "dx");
  const program = stack.use(await record.compile(device));
  const reader = stack.use(
    await readerOf(program, dx ? [y, gradients.all, dx] : [y, gradients.all]),
  );
  const owned = stack.move();

  return {
    shape: y.shape,
    program,
    async run(input) {
      writeArenas(program, { values, gradients }, input.parameters ?? {});
      write(program, x, input.x);
      if (backward) write(program, dy, input.dy ?? []);
      write(program, step, stepOf(input.step ?? {}));
      program.run();
      const [y, all, dx = new Float32Array()] = await reader.read();
      const byName = table.entries.map(({ name }) => [name, table.view(all, name)]);
      return { y, dx, gradients: Object.fromEntries(byName) };
    },
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
