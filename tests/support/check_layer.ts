/**
 * A layer on the adapter against what it ought to compute: forward, the gradient of its input and
 * those of its parameters.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ElementType } from "../../kernels/kernel.ts";
import type { Device } from "../../lib/gpu/device.ts";
import type { Variants } from "../../lib/gpu/recorder.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { Rng } from "../../lib/rng.ts";
import type { Layout } from "../../lib/shape.ts";
import { assertClose, f16Roundoff } from "./assert_close.ts";
import { conformanceAvailable } from "./conformance.ts";
import { checkGradients, float32, type Precision } from "../../lib/checks/gradients.ts";
import { normal } from "./random.ts";
import { type Array64, map, type Reference } from "./reference.ts";
import { compileLayer, type LayerInput, type LayerResult } from "../../lib/checks/run_layer.ts";

/** What goes into a layer, as references and stored cases name it; `LAYER/w` is of a layer inside of it. */
export type Input = "x" | Owned | `${string}/${Owned}`;

type Owned = "w" | "b" | "gamma" | "beta" | "mean" | "variance";

/** What layers call what they own. */
const parameterNames: Readonly<Record<Owned, string>> = {
  w: "weights",
  b: "biases",
  gamma: "gamma",
  beta: "beta",
  mean: "running_mean",
  variance: "running_variance",
};

/** Inputs, and what must come out of them; a stored case of `conformance.ts` is one. */
export interface Expected<I extends Input> {
  readonly inputs: Readonly<Record<I, Array64>>;
  readonly output: Array64;
  readonly dy: Array64;
  readonly grads: Readonly<Record<I, Array64>>;
}

/** How to hold a layer against it. */
export interface LayerCheck {
  /** How many numbers are summed for an element of the output and of each gradient. By default 1. */
  readonly terms?: Readonly<Partial<Record<Input | "y", number>>>;
  /** The size of the values, and what multiplies the bound; as for `assertClose`. */
  readonly scale?: number;
  readonly least?: number;
  readonly strictness?: number;
  readonly variants?: Variants;
  /** Whether to compute and check the gradient of the input. By default true. */
  readonly needsInput?: boolean;
  /** By default true. */
  readonly training?: boolean;
  /**
   * What input, output and their gradients are stored as. By default `f32`. Given numbers that `f16` has,
   * output and gradient may be off by the roundoff of storing them; those of parameters by nothing more.
   */
  readonly activations?: ElementType;
}

/**
 * What a reference computes from these inputs and a random `dy`.
 *
 * @param kinks values that a ReLU works on: where one is so near to 0 that rounding may decide its
 * sign, `dy` is 0
 */
export function expectedOf<I extends Input>(
  inputs: Readonly<Record<I, Array64>>,
  { y, pullback }: Reference<I>,
  kinks?: Array64,
): Expected<I> {
  const random = normal(Rng.from(5).split("dy"), { shape: y.shape });
  const dy = map(random, (value, i) => kinks && Math.abs(kinks.data[i]) < 1e-4 ? 0 : value);
  return { inputs, output: y, dy, grads: pullback(dy) };
}

/**
 * Requires output and gradients to be those expected, the same bytes in two runs, and to owe nothing
 * to what an earlier run left in memory: that one computes on NaN.
 */
export async function checkLayer<I extends Input>(
  device: Device,
  layer: Layer<Layout, Layout>,
  { inputs, output, dy, grads }: Expected<I>,
  { terms = {}, variants, needsInput, training, activations, ...bounds }: LayerCheck = {},
): Promise<void> {
  const { shape } = (inputs as Record<Input, Array64>).x;
  const options = { shape, variants, needsInput, training, activations };
  using runner = await compileLayer(device, layer, options);
  const roundoff = activations === "f16" ? f16Roundoff : 0;
  const run = (value: (array: Array64) => Array64) =>
    runner.run(layerInput(mapValues(inputs, value), value(dy)));
  await run((array) => map(array, () => NaN));
  const result = await run((array) => array);
  assertEquals(await run((array) => array), result, "a second run gives the same bytes");
  assertEquals(runner.shape, output.shape);
  assertClose(result.y, output.data, { name: "y", terms: terms.y, roundoff, ...bounds });
  for (const input of Object.keys(grads) as I[]) {
    if (input === "x" && needsInput === false) continue;
    const name = `the gradient of ${input}`;
    const stored = input === "x" ? { roundoff } : {};
    const options = { name, terms: terms[input], ...stored, ...bounds };
    assertClose(gradientOf(result, input), grads[input].data, options);
  }
}

/** What central differences of a linear layer can be held to: any step will do, so it is a large one. */
export const linear32: Precision = { ...float32, step: 1, tolerance: float32.tolerance / 10 };

/** Requires the gradients to agree with central differences of `⟨dy, y⟩`, both from the adapter. */
export async function checkDerivatives<I extends Input>(
  device: Device,
  layer: Layer<Layout, Layout>,
  inputs: Readonly<Record<I, Array64>>,
  { variants, precision = float32, elements = 4 }: {
    variants?: Variants;
    precision?: Precision;
    elements?: number;
  } = {},
): Promise<void> {
  const { shape } = (inputs as Record<Input, Array64>).x;
  using runner = await compileLayer(device, layer, { shape, variants });
  const dy = normal(Rng.from(6).split("dy"), { shape: runner.shape });
  const result = await runner.run(layerInput(inputs, dy));
  await checkGradients({
    name: layer.kind,
    f: async (moved: Record<I, Array64>) => (await runner.run(layerInput(moved, dy))).y,
    inputs,
    dy: dy.data,
    gradients: mapValues(inputs, (_, input) => gradientOf(result, input)),
    precision,
    elements,
  });
}

/** A test against stored numbers, skipped where there are none. */
export function conformanceTest(name: string, fn: () => Promise<void>): void {
  const suffix = conformanceAvailable ? "" : " (skipped: no ../shared/conformance/torch.json)";
  Deno.test({ name: name + suffix, ignore: !conformanceAvailable, fn });
}

function layerInput(inputs: Partial<Record<Input, Array64>>, dy: Array64): LayerInput {
  const { x, ...owned } = inputs;
  const parameters = Object.fromEntries(
    Object.entries(owned).map(([input, array]) => [parameterName(input), array!.data]),
  );
  return { x: x!.data, parameters, dy: dy.data };
}

function gradientOf({ dx, gradients }: LayerResult, input: Input): Float32Array {
  return input === "x" ? dx : gradients[parameterName(input)];
}

/** What the layer calls it: `inner/weights` for `inner/w`. */
function parameterName(input: string): string {
  const end = input.lastIndexOf("/") + 1;
  return input.slice(0, end) + parameterNames[input.slice(end) as Owned];
}

function mapValues<K extends string, T, U>(
  record: Readonly<Record<K, T>>,
  f: (value: T, key: K) => U,
): Record<K, U> {
  const entries = Object.entries<T>(record).map(([key, value]) => [key, f(value, key as K)]);
  return Object.fromEntries(entries);
}
