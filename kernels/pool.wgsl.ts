/**
 * Max and average pooling over windows of pixels, and their gradients.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, repeat, stored, wgsl } from "./kernel.ts";

/** Sizes of a pooling: `N×H×W×C` to `N×OH×OW×C` by windows `KH×KW`, strides `SH×SW`, padding `PT, PL` before. */
export interface PoolSizes {
  /** Pictures. */
  readonly N: number;
  /** Input height. */
  readonly H: number;
  /** Input width. */
  readonly W: number;
  /** Channels. */
  readonly C: number;
  /** Window height. */
  readonly KH: number;
  /** Window width. */
  readonly KW: number;
  /** Vertical stride. */
  readonly SH: number;
  /** Horizontal stride. */
  readonly SW: number;
  /** Cells of padding above. */
  readonly PT: number;
  /** Cells of padding to the left. */
  readonly PL: number;
  /** Output height. */
  readonly OH: number;
  /** Output width. */
  readonly OW: number;
}

const lanes = 64;

/**
 * Elements of `first`, where the forward run of max pooling leaves which cell won: the window's cell
 * numbers of four channels packed into one `u32`, or one `u32` a channel where that does not fit.
 */
export function firstMaximumSize(sizes: PoolSizes): number {
  return sizes.N * sizes.OH * sizes.OW * (sizes.C / vector(sizes));
}

/** `y = max over the window of x`; `first` gets the number of the first cell that holds it. */
export function maxPoolForward(sizes: PoolSizes, options: { first: boolean }): Kernel {
  const { N, H, W, C, KH, KW, SH, SW, PT, PL, OH, OW } = sizes;
  const V = vector(sizes);
  const [value, bools, numbers] = V === 4
    ? ["vec4f", "vec4<bool>", "vec4u"] as const
    : ["f32", "bool", "u32"] as const;
  const count = N * OH * OW * (C / V);
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> y: array<${stored(value)}>;
${options.first ? "@group(0) @binding(2) var<storage, read_write> first: array<u32>;" : ""}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  ${place(C / V, OW, OH)}
  let top = i32(row * ${SH}u) - ${PT};
  let left = i32(column * ${SW}u) - ${PL};
  var best = ${value}(-3.4028234e38f);
  var cell = ${numbers}(0u);
  var found = false;
  ${
    repeat(KH * KW, (k) =>
      `{
    let h = top + ${Math.floor(k / KW)};
    let w = left + ${k % KW};
    if (h >= 0 && h < ${H} && w >= 0 && w < ${W}) {
      let v = ${value}(x[((n * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C / V}u + channel]);
      let better = (v > best) | ${bools}(!found);
      best = select(best, v, better);
      cell = select(cell, ${numbers}(${k}u), better);
      found = true;
    }
  }`)
  }
  y[index] = ${stored(value)}(best);
  ${
    options.first
      ? `first[index] = ${V === 4 ? "dot(cell, vec4u(1u, 256u, 65536u, 16777216u))" : "cell"};`
      : ""
  }
}`;
  return { name: "max_pool_forward", code, workgroups, flops: count * V * KH * KW };
}

/** `dx = Σ dy` over the windows whose first maximum the cell was. */
export function maxPoolGradient(sizes: PoolSizes): Kernel {
  const V = vector(sizes);
  const won = V === 4
    ? "vec4u(won & 255u, (won >> 8u) & 255u, (won >> 16u) & 255u, won >> 24u)"
    : "won";
  const [value, numbers] = V === 4 ? ["vec4f", "vec4u"] : ["f32", "u32"];
  return gatherWindows(sizes, {
    name: "max_pool_gradient",
    V,
    extra: "@group(0) @binding(2) var<storage, read> first: array<u32>;",
    window: `let slope = ${value}(dy[at]);
      let won = first[at];
      let winner = ${won};`,
    term: `select(${value}(0f), slope, winner == ${numbers}(cell))`,
  });
}

/** `y = mean over the cells of the window that lie inside the picture`. */
export function averagePoolForward(sizes: PoolSizes): Kernel {
  const { N, H, W, C, KH, KW, SH, SW, PT, PL, OH, OW } = sizes;
  const V = C % 4 === 0 ? 4 : 1;
  const value = V === 4 ? "vec4f" : "f32";
  const count = N * OH * OW * (C / V);
  const workgroups = grid(count, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> y: array<${stored(value)}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  ${place(C / V, OW, OH)}
  let top = i32(row * ${SH}u) - ${PT};
  let left = i32(column * ${SW}u) - ${PL};
  var sum = ${value}(0f);
  for (var h = max(top, 0); h < min(top + ${KH}, ${H}); h++) {
    for (var w = max(left, 0); w < min(left + ${KW}, ${W}); w++) {
      sum += ${value}(x[((n * ${H}u + u32(h)) * ${W}u + u32(w)) * ${C / V}u + channel]);
    }
  }
  y[index] = ${stored(value)}(sum / f32(${inside("top", KH, H)} * ${inside("left", KW, W)}));
}`;
  return { name: "average_pool_forward", code, workgroups, flops: count * V * KH * KW };
}

/** `dx = Σ dy / cells` over the windows that hold the cell. */
export function averagePoolGradient(sizes: PoolSizes): Kernel {
  const { H, W, C, KH, KW, SH, SW, PT, PL } = sizes;
  const V = C % 4 === 0 ? 4 : 1;
  const value = V === 4 ? "vec4f" : "f32";
  return gatherWindows(sizes, {
    name: "average_pool_gradient",
    V,
    extra: "",
    window: `let window_top = i32(oh * ${SH}u) - ${PT};
      let window_left = i32(ow * ${SW}u) - ${PL};
      let share = ${value}(dy[at]) / f32(${inside("window_top", KH, H)} * ${
      inside("window_left", KW, W)
    });`,
    term: "share",
  });
}

/**
 * A kernel over the input's cells that adds a term for each window that holds the cell. An invocation
 * takes a block of cells that lie in the same windows, so that each window is loaded once for all.
 */
function gatherWindows(
  { N, H, W, C, KH, KW, SH, SW, PT, PL, OH, OW }: PoolSizes,
  { name, V, extra, window, term }: {
    name: string;
    V: number;
    extra: string;
    /** Statements that load what is needed of the window `at`. */
    window: string;
    /** What the window adds to its cell number `cell`. */
    term: string;
  },
): Kernel {
  const value = V === 4 ? "vec4f" : "f32";
  const [BH, BW] = [blockOf(SH), blockOf(SW)];
  const [rows, columns] = [Math.ceil((H + PT) / BH), Math.ceil((W + PL) / BW)];
  const count = N * rows * columns * (C / V);
  const workgroups = grid(count, lanes);
  const [down, across] = [Math.ceil(KH / SH), Math.ceil(KW / SW)];
  const eachCell = (line: (i: number, j: number) => string) =>
    repeat(BH * BW, (k) => line(Math.floor(k / BW), k % BW), "\n      ");
  const code = wgsl`
@group(0) @binding(0) var<storage, read> dy: array<${stored(value)}>;
@group(0) @binding(1) var<storage, read_write> dx: array<${stored(value)}>;
${extra}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${count}u) { return; }
  ${place(C / V, columns, rows)}
  // The block's first cell, counted in the padded picture.
  let top = row * ${BH}u;
  let left = column * ${BW}u;
  ${eachCell((i, j) => `var sum_${i}_${j} = ${value}(0f);`)}
  for (var down = 0u; down < ${down}u; down++) {
    let oh = top / ${SH}u - down;
    if (oh >= ${OH}u) { continue; }
    let kh = top - oh * ${SH}u;
    for (var across = 0u; across < ${across}u; across++) {
      let ow = left / ${SW}u - across;
      if (ow >= ${OW}u) { continue; }
      let kw = left - ow * ${SW}u;
      let at = ((n * ${OH}u + oh) * ${OW}u + ow) * ${C / V}u + channel;
      ${window}
      ${
    eachCell((i, j) =>
      `if (kh + ${i}u < ${KH}u && kw + ${j}u < ${KW}u) {
        let cell = (kh + ${i}u) * ${KW}u + kw + ${j}u;
        sum_${i}_${j} += ${term};
      }`
    )
  }
    }
  }
  ${
    eachCell((i, j) =>
      `if (top + ${i}u >= ${PT}u && top + ${i}u < ${
        PT + H
      }u && left + ${j}u >= ${PL}u && left + ${j}u < ${PL + W}u) {
    dx[((n * ${H}u + top + ${i}u - ${PT}u) * ${W}u + left + ${j}u - ${PL}u) * ${
        C / V
      }u + channel] = ${stored(value)}(sum_${i}_${j});
  }`
    )
  }
}`;
  return { name, code, workgroups, flops: N * OH * OW * C * KH * KW };
}

/** The largest divisor of a stride that keeps blocks small. */
function blockOf(stride: number): number {
  return [4, 3, 2, 1].find((size) => stride % size === 0)!;
}

/** WGSL that takes a flat index over `n, row, column, channel` apart. */
function place(channels: number, columns: number, rows: number): string {
  return `let channel = index % ${channels}u;
  let column = index / ${channels}u % ${columns}u;
  let row = index / ${channels * columns}u % ${rows}u;
  let n = index / ${channels * columns * rows}u;`;
}

/** WGSL for how many of `window` cells from `start` lie inside `size`. */
function inside(start: string, window: number, size: number): string {
  return `(min(${start} + ${window}, ${size}) - max(${start}, 0))`;
}

/** Channels an invocation takes: four where their cell numbers fit into bytes. */
function vector({ C, KH, KW }: PoolSizes): number {
  return C % 4 === 0 && KH * KW <= 256 ? 4 : 1;
}
