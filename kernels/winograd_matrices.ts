/**
 * The matrices of Winograd's minimal filtering, made by Toom and Cook's construction.
 *
 * `m` outputs of a filter of `r` taps take `n = m + r − 1` multiplications: evaluate both polynomials at
 * `n − 1` points and at infinity, multiply, and interpolate. `y = Aᵀ[(G g) ⊙ (Bᵀ d)]`.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015).
 *
 * @module
 */

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** The matrices of `F(m, r)`. */
export interface WinogradMatrices {
  /** `Bᵀ`, n×n: from a tile of the input. */
  readonly input: Matrix;
  /** `G`, n×r: from the taps. */
  readonly taps: Matrix;
  /** `Aᵀ`, m×n: to a tile of the output. */
  readonly output: Matrix;
}

/** Points whose powers stay small, so that little is lost to rounding; infinity comes besides. */
const points = [0, 1, -1, 2, -2, 0.5, -0.5];

/** Cells of a tile along one axis: one more than there are points. */
export const tileCells: number = points.length + 1;

/** The matrices for a filter of `r` taps, from 1 to 8, and `9 − r` outputs. */
export function winogradMatrices(r: number): WinogradMatrices {
  const n = tileCells, m = n + 1 - r;
  const powers = (count: number) =>
    points.map((p) => Array.from({ length: count }, (_, k) => p ** k));
  const last = (count: number) => Array.from({ length: count }, (_, k) => k === count - 1 ? 1 : 0);
  const others = points.map((_, j) => points.filter((_, l) => l !== j));
  const scale = points.map((p, j) => others[j].reduce((product, q) => product * (p - q), 1));
  return {
    input: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(points)],
    taps: [...powers(r).map((row, j) => row.map((value) => value / scale[j])), last(r)],
    output: transpose([...powers(m), last(m)]),
  };
}

/** A matrix on its side. */
export function transpose(matrix: Matrix): number[][] {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

/** Coefficients of `Π (x − root)`, the constant one first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce(
    (coefficients, root) =>
      [0, ...coefficients].map((value, k) => value - root * (coefficients[k] ?? 0)),
    [1],
  );
}
