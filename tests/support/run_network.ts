/** Runs a whole model with its losses on given inputs, as a tower does on distorted pictures. */
import { stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import type { Device } from "../../lib/gpu/device.ts";
import type { Program } from "../../lib/gpu/program.ts";
import { Recorder, type Variants } from "../../lib/gpu/recorder.ts";
import type { Model } from "../../lib/layers/sequential.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { lossTerms, weightDecayTerms } from "../../lib/losses/total_loss.ts";
import type { Shape } from "../../lib/shape.ts";
import { readerOf, stepOf, write, writeArenas } from "../../lib/checks/tensors.ts";

/** How a network is compiled. */
export interface NetworkOptions {
  readonly batch: number;
  /** Whether to compute the gradient of the pictures too. By default false, as in training. */
  readonly needsInput?: boolean;
  readonly variants?: Variants;
}

/** What one run takes. */
export interface NetworkInput {
  readonly x: ArrayLike<number>;
  readonly labels: Uint32Array;
  /** By their full names. */
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

/** What one run gives. */
export interface NetworkResult {
  readonly logits: Float32Array;
  /** Cross-entropy and the L2 terms. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the sum of the losses, by the parameters' full names. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** Of the pictures, where it was asked for. */
  readonly dx?: Float32Array;
}

/** A model with its losses, compiled once. */
export interface CompiledNetwork extends Disposable {
  readonly program: Program;
  run(input: NetworkInput): Promise<NetworkResult>;
}

/** Compiles a model and its losses; the caller disposes it. */
export async function compileNetwork(
  device: Device,
  model: Model<"NHWC", "NC">,
  { batch, needsInput = false, variants }: NetworkOptions,
): Promise<CompiledNetwork> {
  using stack = new DisposableStack();
  const table = model.parameters;
  const record = new Recorder(device, { variants });
  const values = new Arena(record, table, "values");
  const gradients = new Arena(record, table, "gradients");
  const x = record.keep<Shape<"NHWC">>([batch, ...model.input], "x");
  const labels = record.keep([batch], "labels");
  const step = record.keep([stepWords], "step");
  const applied = model.apply(x, { record, values, gradients, training: true, step });
  const { terms } = lossTerms(record, "cross_entropy", table);
  const [{ loss }] = terms;
  const { dx: dLogits } = crossEntropy(applied.y, { record, labels, loss });
  const dx = applied.pullback(dLogits, { needsInput });
  weightDecayTerms(record, { values, gradients, terms });
  const outputs = [
    gradients.all,
    record.output(applied.y, "logits"),
    ...terms.map(({ loss }) => loss),
    ...dx ? [record.output(dx, "dx")] : [],
  ];
  const program = stack.use(await record.compile(device));
  const reader = stack.use(await readerOf(program, outputs));
  const owned = stack.move();

  return {
    program,
    async run(input) {
      writeArenas(program, { values, gradients }, input.parameters);
      write(program, x, input.x);
      write(program, labels, input.labels);
      write(program, step, stepOf({}));
      program.run();
      const [all, logits, ...rest] = await reader.read();
      const losses = terms.map(({ name }, index) => [name, rest[index][0]]);
      const byName = table.entries.map(({ name }) => [name, table.view(all, name)]);
      return {
        logits,
        losses: Object.fromEntries(losses),
        gradients: Object.fromEntries(byName),
        dx: rest[terms.length],
      };
    },
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
