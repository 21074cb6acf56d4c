import {
  type Matrix,
  tileCells,
  transpose,
  winogradMatrices,
} from "../../kernels/winograd_matrices.ts";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "../support/assert_close.ts";
import { normal } from "../support/random.ts";

const times = (matrix: Matrix, vector: ArrayLike<number>) =>
  matrix.map((row) => row.reduce((sum, value, k) => sum + value * vector[k], 0));

for (let r = 1; r <= tileCells; r++) {
  Deno.test(`Winograd's matrices for ${r} taps filter, and their transposes give the gradients`, () => {
    const { input, taps, output } = winogradMatrices(r);
    const m = tileCells + 1 - r;
    const of = (name: string, size: number) =>
      normal(Rng.from(r).split(name), { shape: [size] }).data;
    const [d, g, dy] = [of("d", tileCells), of("g", r), of("dy", m)];

    const [v, u, q] = [times(input, d), times(taps, g), times(transpose(output), dy)];
    const y = times(output, v.map((value, cell) => value * u[cell]));
    const dg = times(transpose(taps), v.map((value, cell) => value * q[cell]));

    const sums = (count: number, by: ArrayLike<number>) =>
      Array.from({ length: count }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < by.length; k++) sum += d[i + k] * by[k];
        return sum;
      });
    const strictness = 1e-6; // float64 on both sides: 1e-12
    assertClose(y, sums(m, g), { name: "y", terms: r, strictness });
    assertClose(dg, sums(r, dy), { name: "dg", terms: m, strictness });
  });
}
