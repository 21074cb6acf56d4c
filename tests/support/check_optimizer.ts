/** An optimizer's steps, on the adapter and in host memory, next to what is expected of them. */
import { clipFactor, squares } from "../../kernels/clip.wgsl.ts";
import { sum } from "../../kernels/losses.wgsl.ts";
import { sumParts } from "../../kernels/sum_in_parts.wgsl.ts";
import { packStep, stepWords } from "../../kernels/step.wgsl.ts";
import { slotsOf, update } from "../../kernels/update.wgsl.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { Readback } from "../../lib/gpu/readback.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { updateInHostMemory } from "../../lib/optim/host_update.ts";
import { biasCorrectionsAt, type Optimizer } from "../../lib/optim/optimizers.ts";
import { assertClose } from "./assert_close.ts";
import { write } from "../../lib/checks/tensors.ts";

/** Steps of an optimizer. */
export interface OptimizerSteps {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly initial: ArrayLike<number>;
  /** Of each step. */
  readonly gradients: readonly ArrayLike<number>[];
  /** Parameters after each step. */
  readonly expected: readonly Float64Array[];
  readonly clipNorm?: number;
  /** Numbers that are not trained, behind the others. By default none. */
  readonly untrained?: number;
}

/** Requires both loops to give what is expected after every step. */
export async function checkOptimizer(device: Device, steps: OptimizerSteps): Promise<void> {
  const { optimizer, learningRate, initial, gradients, expected, clipNorm, untrained = 0 } = steps;
  const count = initial.length - untrained;
  // The arena's tensors start at multiples of 64, so the trained part ends at one.
  const trained = Math.ceil(count / 64) * 64, length = trained + Math.ceil(untrained / 4) * 4;
  const spread = (values: ArrayLike<number>) => {
    const arena = new Float32Array(length);
    for (let i = 0; i < values.length; i++) arena[i < count ? i : i - count + trained] = values[i];
    return arena;
  };
  const gathered = (arena: Float32Array) =>
    Float32Array.from(initial, (_, i) => arena[i < count ? i : i - count + trained]);
  const arenas = {
    parameters: spread(initial),
    averages: spread(initial),
    slots: slotsOf(optimizer).map(() => new Float32Array(trained)),
  };

  const record = new Recorder(device);
  const keep = (name: string, size = length) => record.keep([size], name);
  const [step, g, parameters, averages] = [
    keep("step", stepWords),
    keep("gradients"),
    keep("parameters"),
    keep("averages"),
  ];
  const slots = slotsOf(optimizer).map((name) => [name, keep(name, trained)] as const);
  const clip = clipNorm === undefined ? undefined : record.tensor([1]);
  if (clip) {
    const parts = sumParts(trained, device.kind);
    const partials = record.tensor([parts]), total = record.tensor([1]);
    record.dispatch(squares(trained, device.kind), { x: g, partials });
    record.dispatch(sum(parts, 1), { x: partials, total });
    record.dispatch(clipFactor(clipNorm!), { sum: total, clip });
  }
  record.dispatch(update({ length, trained, clipped: clip !== undefined }, optimizer), {
    step,
    gradients: g,
    parameters,
    averages,
    ...Object.fromEntries(slots),
    ...clip && { clip },
  });
  using program = await record.compile(device);
  using readback = await Readback.create(device, length * 8);
  write(program, parameters, arenas.parameters);
  write(program, averages, arenas.averages);
  for (const [at, values] of gradients.entries()) {
    const corrections = biasCorrectionsAt(optimizer, at);
    const numbers = { learningRate, averageWeight: 0.25, corrections };
    const gradient = spread(values);
    program.write(
      step,
      packStep({ ...numbers, key: [0, 0], step: at, firstExample: 0 }),
    );
    write(program, g, gradient);
    program.run();
    const read = await readback.read([program.span(parameters), program.span(averages)]);
    // As the sum of two towers.
    const doubled = gradient.map((value) => 2 * value);
    const rates = { learningRate, corrections, averageWeight: 0.25, scale: 0.5 };
    updateInHostMemory(arenas, { ...rates, gradients: doubled, optimizer, trained, clipNorm });
    const bounds = { name: `step ${at}`, terms: 10 * (at + 1) };
    assertClose(gathered(arenas.parameters), expected[at], bounds);
    assertClose(gathered(new Float32Array(read, 0, length)), expected[at], bounds);
    assertClose(new Float32Array(read, length * 4, length), arenas.averages, bounds);
  }
}
