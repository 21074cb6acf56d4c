/**
 * The transforms of Winograd's filtering: `matrix · d · matrixᵀ` of many small squares.
 *
 * @module
 */
import { f32, flatIndex, grid, type Kernel, repeat, stored, wgsl } from "./kernel.ts";
import { type Matrix, tileCells } from "./winograd_matrices.ts";

const lanes = 64;

/** What to transform, and where it lies. */
export interface TransformOptions {
  /** Squares. */
  readonly count: number;
  /** How many of them lie side by side, to be taken by fours where they can be. Default 1. */
  readonly channels?: number;
  /** The name of the buffer that is read. */
  readonly source: string;
  /** The name of the buffer that is written. */
  readonly result: string;
  /** Which of the two hold activations. Default: none. */
  readonly activations?: readonly string[];
  /** Further declarations. */
  readonly more?: readonly string[];
  /** The matrix. */
  readonly matrix: Matrix;
  /** WGSL that makes of `index` what `load` and `store` need. */
  readonly place?: string;
  /** The value in a row and column of the square. */
  readonly load: (row: number, column: number) => string;
  /** A statement that stores a value in a row and column of the transformed square. */
  readonly store: (row: number, column: number, value: string) => string;
  /** Functions that they call. */
  readonly functions?: string;
}

/** Channels are taken by fours where they can be: a vector costs only twice what a number costs. */
export function vectorOf(channels: number): { V: number; type: "f32" | "vec4f" } {
  return channels % 4 === 0 ? { V: 4, type: "vec4f" } : { V: 1, type: "f32" };
}

/** A kernel that computes `matrix · d · matrixᵀ` of a small square for every `index`. */
export function transform(name: string, options: TransformOptions): Kernel {
  const { channels = 1, source, result, more = [], matrix, place = "", load, store } = options;
  const { V, type } = vectorOf(channels);
  const typeOf = (name: string) => options.activations?.includes(name) ? stored(type) : type;
  const count = options.count / V;
  const workgroups = grid(count, lanes);
  const [from, to] = [matrix[0].length, matrix.length];
  const code = wgsl`
@group(0) @binding(0) var<storage, read> ${source}: array<${typeOf(source)}>;
@group(0) @binding(1) var<storage, read_write> ${result}: array<${typeOf(result)}>;
${more.join("\n")}
${options.functions ?? ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  ${place}
  ${
    repeat(from, (c) =>
      `${repeat(from, (r) => `let d_${r}_${c} = ${load(r, c)};`, " ")}
  ${multiply(matrix, { from: (r) => `d_${r}_${c}`, to: (r) => `e_${r}_${c}` })}`, "\n  ")
  }
  ${
    repeat(to, (r) =>
      `${multiply(matrix, { from: (c) => `e_${r}_${c}`, to: (c) => `f_${r}_${c}` })}
  ${repeat(to, (c) => store(r, c, `f_${r}_${c}`), " ")}`, "\n  ")
  }
}`;
  return { name, code, workgroups, flops: 2 * options.count * from * to * (from + to) };
}

/** Names of the numbers that go into a product, and of those that come out. */
interface Names {
  readonly from: (k: number) => string;
  readonly to: (k: number) => string;
}

type Term = readonly [factor: number, value: string];

/** Rows or columns of the points that have an opposite one, which follows. */
const pairs = Array.from({ length: tileCells / 2 - 1 }, (_, p) => 2 * p + 1);

/**
 * WGSL of the product of a matrix and a vector. A point and its opposite share what they have of even and
 * of odd powers, which halves the work.
 */
function multiply(matrix: Matrix, names: Names): string {
  return pointsAreRows(matrix) ? spread(matrix, names) : gather(matrix, names);
}

function pointsAreRows(matrix: Matrix): boolean {
  return matrix.length === tileCells &&
    pairs.every((row) => matrix[row].every((f, k) => matrix[row + 1][k] === (k % 2 ? -f : f)));
}

/** The product with a matrix that has a row for each point. */
function spread(matrix: Matrix, { from, to }: Names): string {
  const product = (row: number, start = 0, step = 1) =>
    sum(matrix[row].map((f, k): Term => [(k - start) % step === 0 ? f : 0, from(k)]));
  const opposites = pairs.map((row) =>
    `let ${to(row)}_even = ${product(row, 0, 2)}; let ${to(row)}_odd = ${product(row, 1, 2)};
  let ${to(row)} = ${to(row)}_even + ${to(row)}_odd;
  let ${to(row + 1)} = ${to(row)}_even - ${to(row)}_odd;`
  );
  const ends = [0, tileCells - 1].map((row) => `let ${to(row)} = ${product(row)};`);
  return [...opposites, ...ends].join("\n  ");
}

/** The product with a matrix that has a column for each point. */
function gather(matrix: Matrix, { from, to }: Names): string {
  const opposites = pairs.map((column) =>
    `let ${from(column)}_even = ${from(column)} + ${from(column + 1)};
  let ${from(column)}_odd = ${from(column)} - ${from(column + 1)};`
  );
  const products = matrix.map((row, k) => {
    const shared = pairs.map((column): Term => [
      row[column],
      `${from(column)}_${k % 2 ? "odd" : "even"}`,
    ]);
    const ends = [0, tileCells - 1].map((column): Term => [row[column], from(column)]);
    return `let ${to(k)} = ${sum([...shared, ...ends])};`;
  });
  return [...opposites, ...products].join("\n  ");
}

function sum(terms: readonly Term[]): string {
  const kept = terms.filter(([factor]) => factor !== 0);
  return kept.map(([factor, value]) => factor === 1 ? value : `${f32(factor)} * ${value}`)
    .join(" + ") || "0f";
}
