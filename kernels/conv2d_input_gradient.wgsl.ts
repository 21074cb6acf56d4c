/**
 * The gradient of a convolution's input, for any sizes and strides.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import type { Kernel } from "./kernel.ts";
import { placeOver } from "./locally_connected2d.wgsl.ts";
import { matmul, type MatmulVariant } from "./matmul.wgsl.ts";
import { matmulTiles } from "./matmul_tiles.wgsl.ts";

/**
 * `dx[n, h, w, i] = Σ dy[n, oh, ow, o] · w[kh, kw, i, o]` over the windows that hold the cell. With strides,
 * only every `SH`th row and `SW`th column of taps meets a cell; the others take no time.
 */
export function conv2dInputGradient(sizes: Conv2dSizes, variant: MatmulVariant): Kernel[] {
  if (variant === "subgroup" && fitsVectors(sizes)) return [tiles(sizes)];
  const { H, KH, SH, PT, W, KW, SW, PL } = sizes;
  const down = phasesOf({ cells: H, taps: KH, stride: SH, pad: PT });
  const across = phasesOf({ cells: W, taps: KW, stride: SW, pad: PL });
  return down.flatMap((rows) => across.map((columns) => phase(sizes, { rows, columns, variant })));
}

/** Whether channels come in vectors of four and cells fit the grid. */
function fitsVectors({ I, O, H, W }: Conv2dSizes): boolean {
  return I % 4 === 0 && O % 4 === 0 && H * W <= 65_535;
}

/** A product for each cell, the pictures of the batch being its rows. */
function tiles(sizes: Conv2dSizes): Kernel {
  const { N, H, W, I, KH, KW, O, OH, OW } = sizes;
  const kernel = matmulTiles({
    name: "conv2d_input_gradient",
    batches: H * W,
    M: N,
    N: I,
    K: O,
    operands: ["dy", "w", "dx"],
    activations: ["dy", "dx"],
    transposeB: true,
    layout: {
      strides: { a: OH * OW * O, b: O, result: H * W * I },
      sections: KH * KW,
      find: `${placeOver(sizes, { cell: "batch", tap: "section" })}
    let start_a = place * ${O}u;
    let start_b = section * ${I * O}u;`,
      result: `batch * ${I}u`,
    },
  });
  return { ...kernel, flops: 2 * N * OH * OW * KH * KW * I * O };
}

/** Along one axis, the cells that the same taps meet: `first`, `first + stride`, … */
interface Phase {
  /** The first cell. */
  readonly first: number;
  /** How many there are. */
  readonly cells: number;
  /** The first tap that meets them; every `stride`th after it does. */
  readonly tap: number;
  /** How many taps meet them: none where the stride is longer than the kernel. */
  readonly taps: number;
  /** The window that has this tap on the first cell. */
  readonly window: number;
}

function phasesOf(
  { cells, taps, stride, pad }: { cells: number; taps: number; stride: number; pad: number },
): Phase[] {
  return Array.from({ length: Math.min(cells, stride) }, (_, first) => {
    const tap = (first + pad) % stride;
    return {
      first,
      cells: Math.ceil((cells - first) / stride),
      tap,
      taps: Math.max(0, Math.ceil((taps - tap) / stride)),
      window: Math.floor((first + pad) / stride),
    };
  });
}

/** A product for each phase of both axes: its cells by their taps. */
function phase(
  { N, H, W, I, KW, O, SH, SW, OH, OW }: Conv2dSizes,
  { rows, columns, variant }: { rows: Phase; columns: Phase; variant: MatmulVariant },
): Kernel {
  const K = rows.taps * columns.taps * O; // 0 where no tap meets a cell: its gradient is 0
  const n = `m / ${rows.cells * columns.cells}u`;
  const row = `m / ${columns.cells}u % ${rows.cells}u`;
  const column = `m % ${columns.cells}u`;
  const down = `k / ${columns.taps * O}u`;
  const across = `k / ${O}u % ${columns.taps}u`;
  return matmul({
    name: "conv2d_input_gradient",
    M: N * rows.cells * columns.cells,
    N: I,
    K,
    operands: ["dy", "w", "dx"],
    activations: ["dy", "dx"],
    a: K === 0 ? "return 0f;" : `let oh = ${row} + ${rows.window}u - ${down};
  let ow = ${column} + ${columns.window}u - ${across};
  // A window before the first wraps round to a number beyond the last.
  if (oh >= ${OH}u || ow >= ${OW}u) { return 0f; }
  return f32(dy[((${n} * ${OH}u + oh) * ${OW}u + ow) * ${O}u + k % ${O}u]);`,
    b: K === 0 ? "return 0f;" : `let kh = ${down} * ${SH}u + ${rows.tap}u;
  let kw = ${across} * ${SW}u + ${columns.tap}u;
  return w[((kh * ${KW}u + kw) * ${I}u + n) * ${O}u + k % ${O}u];`,
    contiguous: { b: "k" },
    at:
      `((${n} * ${H}u + ${row} * ${SH}u + ${rows.first}u) * ${W}u + ${column} * ${SW}u + ${columns.first}u) * ${I}u`,
  }, variant);
}
