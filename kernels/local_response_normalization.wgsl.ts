/**
 * Local response normalization over channels, and its gradient.
 *
 * @module
 */
import {
  type AdapterKind,
  f32,
  flatIndex,
  grid,
  type Kernel,
  repeat,
  stored,
  wgsl,
} from "./kernel.ts";

/** Sizes and constants: `rows` pixels of `C` channels. */
export interface NormalizationSizes {
  /** Pixels: N·H·W. */
  readonly rows: number;
  /** Channels. */
  readonly C: number;
  /** Neighbours on each side. */
  readonly radius: number;
  /** The constant under the power. */
  readonly bias: number;
  /** The factor of the sum of squares. */
  readonly alpha: number;
  /** The power. */
  readonly beta: number;
  /** Channels that an invocation takes, a divisor of `C`. */
  readonly tile: number;
}

const lanes = 64;

/**
 * Channels for an invocation to take: on a processor many, so that few neighbours are loaded twice; on a
 * graphics card few, so that neighbouring invocations load neighbouring channels.
 */
export function tileOf(C: number, kind: AdapterKind): number {
  const most = kind === "gpu" ? 8 : 32;
  return C <= most ? C : [32, 16, 8, 4, 2, 1].find((size) => size <= most && C % size === 0)!;
}

/** `y_i = x_i · s_i^−β` with `s_i = bias + α Σ_{|j−i|≤radius} x_j²`. */
export function normalizationForward(sizes: NormalizationSizes): Kernel {
  const { rows, C, radius: R, tile: T } = sizes;
  const code = eachTile(sizes, {
    reads: ["x"],
    writes: "y",
    body: `${loads(sizes, "x", -R, T + R)}
  ${reach(sizes, -R, T + R, (i) => `let ${at("q", i)} = ${at("x", i)} * ${at("x", i)};`)}`,
    value: (i) => `${at("x", i)} * inverse_power(${scale(sizes, i)})`,
  });
  return { name: "lrn_forward", ...code, flops: rows * C * (2 * R + 8) };
}

/**
 * `dx_i = dy_i · s_i^−β − 2αβ · x_i Σ_{|j−i|≤radius} dy_j · x_j · s_j^(−β−1)`; the scales are computed
 * again, which costs less than keeping them.
 */
export function normalizationGradient(sizes: NormalizationSizes): Kernel {
  const { rows, C, radius: R, alpha, beta, tile: T } = sizes;
  const code = eachTile(sizes, {
    reads: ["x", "dy"],
    writes: "dx",
    body: `${loads(sizes, "x", -2 * R, T + 2 * R)}
  ${loads(sizes, "dy", -R, T + R)}
  ${reach(sizes, -2 * R, T + 2 * R, (i) => `let ${at("q", i)} = ${at("x", i)} * ${at("x", i)};`)}
  ${
      reach(sizes, -R, T + R, (i) =>
        `let ${at("s", i)} = ${scale(sizes, i)};
  let ${at("d", i)} = ${at("dy", i)} * inverse_power(${at("s", i)});
  let ${at("t", i)} = ${at("d", i)} * ${at("x", i)} / ${at("s", i)};`)
    }`,
    value: (i) =>
      `${at("d", i)} - ${f32(2 * alpha * beta)} * ${at("x", i)} * (${window(sizes, "t", i)})`,
  });
  return { name: "lrn_gradient", ...code, flops: rows * C * (4 * R + 16) };
}

/** A kernel whose invocations take a tile of a pixel's channels each. */
function eachTile(
  sizes: NormalizationSizes,
  { reads, writes, body, value }: {
    reads: readonly string[];
    writes: string;
    body: string;
    /** What is written for the tile's channel `i`. */
    value: (i: number) => string;
  },
): Pick<Kernel, "code" | "workgroups"> {
  const { rows, C, tile: T } = sizes;
  const V = vectorOf(sizes);
  const type = stored(V === 4 ? "vec4f" : "f32");
  const workgroups = grid(rows * (C / T), lanes);
  const code = wgsl`
${
    repeat(
      reads.length,
      (i) => `@group(0) @binding(${i}) var<storage, read> ${reads[i]}: array<${type}>;`,
    )
  }
@group(0) @binding(${reads.length}) var<storage, read_write> ${writes}: array<${type}>;
${inversePower(sizes)}
${reads.map((name) => guardedLoad(sizes, name)).join("\n")}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = ${flatIndex(workgroups, lanes)};
  if (index >= ${rows * (C / T)}u) { return; }
  let row = index / ${C / T}u * ${C / V}u;
  let first = index % ${C / T}u * ${T / V}u;
  ${body}
  ${
    repeat(T / V, (j) => {
      const values = Array.from({ length: V }, (_, e) => value(j * V + e)).join(", ");
      return `${writes}[row + first + ${j}u] = ${type}(${V === 4 ? `vec4f(${values})` : values});`;
    }, "\n  ")
  }
}`;
  return { code, workgroups };
}

/** Channels are loaded by fours where they can be: a vector costs only twice what a number costs. */
function vectorOf({ tile }: NormalizationSizes): number {
  return tile % 4 === 0 ? 4 : 1;
}

/** The name of a value `offset` channels from the tile's first. */
function at(name: string, offset: number): string {
  return offset < 0 ? `${name}_m${-offset}` : `${name}_${offset}`;
}

/** The offsets of [from, to) that can lie inside the channels. */
function within({ C, tile }: NormalizationSizes, from: number, to: number): [number, number] {
  return tile === C ? [Math.max(0, from), Math.min(C, to)] : [from, to];
}

/** One line for each offset of [from, to) that can lie inside the channels. */
function reach(
  sizes: NormalizationSizes,
  from: number,
  to: number,
  line: (offset: number) => string,
): string {
  const [least, end] = within(sizes, from, to);
  return repeat(end - least, (i) => line(least + i), "\n  ");
}

/** Names the values of [from, to), those outside of the channels as 0. */
function loads(sizes: NormalizationSizes, name: string, from: number, to: number): string {
  const V = vectorOf(sizes);
  const [least, end] = within(sizes, from, to);
  const first = Math.floor(least / V);
  const vectors = repeat(
    Math.ceil(end / V) - first,
    (j) => `let ${at(`${name}v`, first + j)} = load_${name}(row, i32(first) + ${first + j});`,
    "\n  ",
  );
  const elements = reach(sizes, from, to, (i) => {
    const vector = at(`${name}v`, Math.floor(i / V));
    return `let ${at(name, i)} = ${V === 4 ? `${vector}[${i - Math.floor(i / V) * V}]` : vector};`;
  });
  return `${vectors}\n  ${elements}`;
}

/** The sum of a value over the window around an offset. */
function window(sizes: NormalizationSizes, name: string, offset: number): string {
  const [least, end] = within(sizes, offset - sizes.radius, offset + sizes.radius + 1);
  return Array.from({ length: end - least }, (_, i) => at(name, least + i)).join(" + ");
}

function scale(sizes: NormalizationSizes, offset: number): string {
  return `${f32(sizes.bias)} + ${f32(sizes.alpha)} * (${window(sizes, "q", offset)})`;
}

/** A load that gives zero outside the channels; outside only happens when a row has several tiles. */
function guardedLoad(sizes: NormalizationSizes, name: string): string {
  const { C, tile } = sizes;
  const V = vectorOf(sizes);
  const type = V === 4 ? "vec4f" : "f32";
  const guard = `if (place < 0 || place >= ${C / V}) { return ${type}(0f); }`;
  return `fn load_${name}(row: u32, place: i32) -> ${type} {
  ${tile === C ? "" : guard}
  return ${type}(${name}[row + u32(place)]);
}`;
}

/** `s^−β`, by square roots for the usual powers: exact to rounding, where `pow` is not. */
function inversePower({ beta }: NormalizationSizes): string {
  const power = beta === 0.75
    ? "inverseSqrt(s) * sqrt(inverseSqrt(s))"
    : beta === 0.5
    ? "inverseSqrt(s)"
    : beta === 1
    ? "1f / s"
    : `exp2(${f32(-beta)} * log2(s))`;
  return `fn inverse_power(s: f32) -> f32 { return ${power}; }`;
}
