/** What the references compute on. */

/** Float64 values in row-major order: `N H W C` for pictures, `H W I O` for weights. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a reference gives: its value, and the gradient of `⟨dy, y⟩` for everything it took. */
export interface Reference<Name extends string> {
  readonly y: Array64;
  readonly pullback: (dy: Array64) => Record<Name, Array64>;
}

/** Values with their shape; a `Float32Array` becomes the float64 values that it stands for. */
export function array64(shape: readonly number[], values: ArrayLike<number>): Array64 {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (values.length !== size) {
    throw new RangeError(
      `Cannot shape values as ${shape.join("×")}: needs ${size} of them, got ${values.length}`,
    );
  }
  return { shape, data: Float64Array.from(values) };
}

/** Zeros of a shape. */
export function zeros(shape: readonly number[]): Array64 {
  return { shape, data: new Float64Array(shape.reduce((product, axis) => product * axis, 1)) };
}

/** The array with `f` applied to every element. */
export function map(x: Array64, f: (value: number, index: number) => number): Array64 {
  return { shape: x.shape, data: x.data.map(f) };
}
