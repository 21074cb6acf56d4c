/**
 * Kernels that treat every element alike: ReLU, dropout, sums, and what else is one
 * statement on each.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import { philox } from "./philox.wgsl.ts";
import { stepStruct } from "./step.wgsl.ts";

const lanes = 64;

/** `y = max(x, 0)`. */
export function reluForward(size: number): Kernel {
  return elementwise(
    "relu_forward",
    size,
    ["x", "y"],
    "y[i] = vec4<real>(max(vec4f(x[i]), vec4f(0f)));",
  );
}

/**
 * `y = x` for the first elements, as 32-bit numbers.
 *
 * @param real whether `x` is an activation, and so perhaps stored as 16-bit numbers
 */
export function firstElements(size: number, { real = true } = {}): Kernel {
  const workgroups = grid(size, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${real ? "real" : "f32"}>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i < ${size}u) { y[i] = f32(x[i]); }
}`;
  return { name: "first_elements", code, workgroups, flops: 0 };
}

/** `dx = dy where y > 0, else 0`. */
export function reluGradient(size: number): Kernel {
  return elementwise(
    "relu_gradient",
    size,
    ["y", "dy", "dx"],
    "dx[i] = vec4<real>(select(vec4f(0f), vec4f(dy[i]), vec4f(y[i]) > vec4f(0f)));",
  );
}

/** What dropout needs to know besides the tensor. */
export interface DropoutOptions {
  /** The share of elements set to zero, in [0, 1). */
  readonly rate: number;
  /** Elements of one example, so that draws depend on the example and not on the batch. */
  readonly exampleSize: number;
  /** A number that tells this layer's draws from those of others. */
  readonly stream: number;
}

/**
 * `y = x / (1 − rate)` where an element is kept, else 0. An element is kept if its draw, a function of
 * seed, step, example, element and stream, is at least `rate`. The gradient is the same map of `dy`.
 */
export function dropout(size: number, options: DropoutOptions): Kernel {
  const { rate, exampleSize, stream } = options;
  const workgroups = grid(Math.ceil(size / 4), lanes);
  const code = wgsl`
${stepStruct}
${philox}
@group(0) @binding(0) var<storage, read> x: array<vec4<real>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<real>>;
@group(0) @binding(2) var<uniform> step: Step;

fn bits_of(element: u32) -> vec4u {
  let example = step.first_example + element / ${exampleSize}u;
  return philox(vec4u(step.index, example, ${stream}u, element % ${exampleSize}u / 4u), step.key);
}
fn draw(element: u32) -> f32 {
  return uniform_from(bits_of(element)[element % ${exampleSize}u % 4u]);
}

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${Math.ceil(size / 4)}u) { return; }
  let first = i * 4u;
  ${
    exampleSize % 4 === 0
      ? `let bits = bits_of(first);
  let draws = vec4f(${repeat(4, (e) => `uniform_from(bits[${e}])`, ", ")});`
      : `let draws = vec4f(${repeat(4, (e) => `draw(first + ${e}u)`, ", ")});`
  }
  let kept = vec4f(x[i]) * ${f32(1 / (1 - rate))};
  y[i] = vec4<real>(select(vec4f(0f), kept, draws >= vec4f(${f32(rate)})));
}`;
  return { name: "dropout", code, workgroups, flops: size };
}

/** `y = a + b`. */
export function add(size: number): Kernel {
  const statement = "y[i] = vec4<real>(vec4f(a[i]) + vec4f(b[i]));";
  return elementwise("add", size, ["a", "b", "y"], statement);
}

/**
 * One statement on every four elements `i`; the last of `names` is written, the others are read.
 *
 * @param functions WGSL that the statement calls
 *
 * @example
 * ```ts
 * import { elementwise } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * // y = x², of 1,000 activations: four in each vector, computed as 32-bit numbers.
 * const square = elementwise("square", 1000, ["x", "y"], `
 *   let value = vec4f(x[i]);
 *   y[i] = vec4<real>(value * value);`);
 * assertEquals(square.workgroups, [4, 1, 1]);
 * ```
 */
export function elementwise(
  name: string,
  size: number,
  names: readonly string[],
  statement: string,
  functions = "",
): Kernel {
  const workgroups = grid(Math.ceil(size / 4), lanes);
  const declarations = names.map((variable, index) =>
    `@group(0) @binding(${index}) var<storage, ${
      index === names.length - 1 ? "read_write" : "read"
    }> ${variable}: array<vec4<real>>;`
  );
  const code = wgsl`
${declarations.join("\n")}
${functions}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${flatIndex(workgroups, lanes)};
  if (i >= ${Math.ceil(size / 4)}u) { return; }
  ${statement}
}`;
  return { name, code, workgroups, flops: size };
}
