/**
 * What a kernel is: the text of one compute shader and the grid it runs on.
 *
 * @module
 */

/** The numbers of workgroups along x, y and z; each at most 65,535. */
export type Workgroups = readonly [x: number, y: number, z: number];

/**
 * One compute shader as plain data. Its storage bindings, all in group 0, are what the text declares:
 * {@linkcode bindingsOf} reads their names, so a dispatch passes tensors by the names in the WGSL.
 */
export interface Kernel {
  /** What a profile and an error message call it, such as `conv2d_forward`. */
  readonly name: string;
  /**
   * The shader; its entry point is `main`. Activations are declared as `real` and loaded into `f32`; what
   * `real` is, `f32` or `f16`, the recording says.
   */
  readonly code: string;
  /** The grid. */
  readonly workgroups: Workgroups;
  /** Useful floating-point operations in one dispatch (a multiply-add counts as two). */
  readonly flops: number;
}

/** How activations and their gradients are stored; all arithmetic is `f32`. */
export type ElementType = "f32" | "f16";

/** What runs the kernels: the shape that suits a processor may not suit a graphics card. */
export type AdapterKind = "software" | "gpu";

/** One declared buffer of a shader. */
export interface Binding {
  /** The variable's name in the shader. */
  readonly name: string;
  /** Its `@binding` number. */
  readonly index: number;
  /** How the shader uses the buffer. */
  readonly access: "read" | "read_write" | "uniform";
  /** Whether it holds activations: numbers of the type `real`. */
  readonly real: boolean;
}

/**
 * Marks a template literal as WGSL, so that editors colour it; joins it unchanged.
 *
 * @example
 * ```ts
 * import { wgsl } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * const size = 64;
 * assertEquals(wgsl`if (i < ${size}u) { return; }`, "if (i < 64u) { return; }");
 * ```
 */
export function wgsl(text: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: text }, ...values);
}

/**
 * A number as a WGSL `f32` literal.
 *
 * @example
 * ```ts
 * import { f32 } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(`x * ${f32(1 / 4)}`, "x * 0.25f");
 * ```
 */
export function f32(value: number): string {
  if (!Number.isFinite(value)) {
    throw new RangeError(`Cannot write ${value} as an f32 literal: needs a finite number`);
  }
  return `${value}f`;
}

/**
 * `count` copies of a line with the copy's number filled in: the unrolled loop that the compilers
 * behind WebGPU do not make by themselves.
 *
 * @example
 * ```ts
 * import { repeat } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(repeat(3, (k) => `sum += x[${k}];`, " "), "sum += x[0]; sum += x[1]; sum += x[2];");
 * ```
 */
export function repeat(count: number, line: (index: number) => string, separator = "\n"): string {
  return Array.from({ length: count }, (_, index) => line(index)).join(separator);
}

/**
 * The grid that covers `invocations` with workgroups of `size`, folded into two dimensions where one
 * would pass the limit of 65,535. Shaders rebuild the flat number with {@linkcode flatIndex}.
 *
 * @example
 * ```ts
 * import { grid } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(grid(1000, 64), [16, 1, 1]);
 * assertEquals(grid(10_000_000, 64), [52_084, 3, 1]);
 * ```
 */
export function grid(invocations: number, size: number): Workgroups {
  const groups = Math.max(1, Math.ceil(invocations / size));
  const y = Math.ceil(groups / 65535);
  return [Math.ceil(groups / y), y, 1];
}

/**
 * WGSL for the flat number on a grid of {@linkcode grid} of what a workgroup has `size` of; `group` is
 * `workgroup_id`, and `own` the number within the workgroup.
 */
export function flatIndex(workgroups: Workgroups, size: number, own = "lane"): string {
  return workgroups[1] === 1
    ? `group.x * ${size}u + ${own}`
    : `(group.y * ${workgroups[0]}u + group.x) * ${size}u + ${own}`;
}

/** The kernel with `real` declared, if it speaks of it: one text serves both types. */
export function withReal(kernel: Kernel, type: ElementType): Kernel {
  if (!/\breal\b/.test(kernel.code)) return kernel;
  // On the first line, which is empty, so that the lines of error messages stay right.
  const enable = type === "f16" ? "enable f16; " : "";
  return { ...kernel, code: `${enable}alias real = ${type};${kernel.code}` };
}

/** What activations are stored as that are computed with as `f32` or as `vec4f`. */
export function stored(type: "f32" | "vec4f"): string {
  return type === "vec4f" ? "vec4<real>" : "real";
}

const declaration =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<(uniform|storage(?:\s*,\s*(?:read_write|read))?)>\s*(\w+)\s*:([^;]*);/g;

/** The buffers that a shader's text declares, in the order of their binding numbers. */
export function bindingsOf(code: string): Binding[] {
  const bindings = [...code.matchAll(declaration)].map(([, index, space, name, type]): Binding => ({
    name,
    index: Number(index),
    access: space === "uniform" ? "uniform" : space.includes("read_write") ? "read_write" : "read",
    real: /\breal\b/.test(type),
  }));
  return bindings.sort((a, b) => a.index - b.index);
}

const elementBytes: Record<string, number> = {
  f32: 4,
  u32: 4,
  i32: 4,
  vec2f: 8,
  vec4f: 16,
  vec4u: 16,
  "atomic<u32>": 4,
};

/** The bytes of workgroup memory that a shader's text declares as `array<T, N>`. */
export function workgroupBytesOf(code: string): number {
  const arrays = code.matchAll(
    /var<workgroup>\s*\w+\s*:\s*array<\s*(\w+(?:<\w+>)?)\s*,\s*(\d+)u?\s*>/g,
  );
  return [...arrays].reduce((sum, [, type, count]) => sum + elementBytes[type] * Number(count), 0);
}
