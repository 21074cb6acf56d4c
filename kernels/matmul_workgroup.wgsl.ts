/**
 * Matrix products by tiles in workgroup memory.
 *
 * @module
 */
import { grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import { type MatmulOptions, readOperands, storeColumns } from "./matmul.wgsl.ts";

/** Terms of the sums that lie in workgroup memory at a time. */
const depth = 16;

/** The side of the square tile of the result that a workgroup computes, each invocation 4×4 of it. */
export function tileOf({ M, N, slices }: { M: number; N: number; slices: number }): number {
  return Math.ceil(M / 64) * Math.ceil(N / 64) * slices >= 128 ? 64 : 32;
}

/** Tiles of both operands are loaded by all invocations together, then multiplied from there. */
export function workgroupMatmul(options: MatmulOptions): Kernel {
  const { name, M, N, K, operands, activations, a, b, finish, batches = 1, parts = 1 } = options;
  const T = tileOf({ M, N, slices: batches * parts });
  const side = T / 4;
  const size = side * side;
  const terms = Math.ceil(K / parts);
  const tileA = tileFill({ T, size, along: options.contiguous?.a === "m" ? "tile" : "terms" });
  const tileB = tileFill({ T, size, along: options.contiguous?.b === "k" ? "terms" : "tile" });
  const { loads } = tileA;
  // Rows that are too many for one axis of the grid go on along the next.
  const [down, folds] = grid(Math.ceil(M / T), 1);
  const across = Math.ceil(N / T);
  const store = storeColumns({
    result: operands[2],
    activations,
    N,
    finish,
    head: "slice: u32, m: u32",
    inside: `m < ${M}u`,
    at: options.at ?? `(slice * ${M}u + m) * ${N}u`,
  });
  const load = repeat(
    loads,
    (i) =>
      `a_${i} = ${tileA.vector(i, (m, k) => `a_at(batch, top + ${m}, start + ${k}, end)`)};
    b_${i} = ${tileB.vector(i, (n, k) => `b_at(batch, start + ${k}, left + ${n}, end)`)};`,
  );
  const code = wgsl`
${readOperands(options)}
${store.declarations}
fn load_a(batch: u32, m: u32, k: u32) -> f32 { ${a} }
fn load_b(batch: u32, k: u32, n: u32) -> f32 { ${b} }
fn a_at(batch: u32, m: u32, k: u32, end: u32) -> f32 {
  if (k < end && m < ${M}u) { return load_a(batch, m, k); }
  return 0f;
}
fn b_at(batch: u32, k: u32, n: u32, end: u32) -> f32 {
  if (k < end && n < ${N}u) { return load_b(batch, k, n); }
  return 0f;
}
var<workgroup> tile_a: array<vec4f, ${tileA.vectors}>;
var<workgroup> tile_b: array<vec4f, ${tileB.vectors}>;
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z / ${parts}u;
  let part = group.z % ${parts}u;
  let top = ${folds === 1 ? "group.x" : `(group.y / ${across}u * ${down}u + group.x)`} * ${T}u;
  let left = ${folds === 1 ? "group.y" : `group.y % ${across}u`} * ${T}u;
  let row = lane / ${side}u;
  let column = lane % ${side}u;
  let end = min((part + 1u) * ${terms}u, ${K}u);
  ${repeat(4, (p) => `var c_${p}_0 = vec4f(0f);`, " ")}
  ${repeat(loads, (i) => `var a_${i}: vec4f; var b_${i}: vec4f;`, " ")}
  var start = part * ${terms}u;
  ${load}
  while (start < end) {
    ${repeat(loads, (i) => `tile_a[${tileA.at(i)}] = a_${i}; tile_b[${tileB.at(i)}] = b_${i};`)}
    workgroupBarrier();
    // The next terms are on their way while these are multiplied.
    start += ${depth}u;
    ${load}
    ${
    repeat(depth, (k) =>
      `{
      let a = tile_a[${k * tileA.stride}u + row];
      let b = tile_b[${k * tileB.stride}u + column];
      ${repeat(4, (p) => `c_${p}_0 = fma(vec4f(a[${p}]), b, c_${p}_0);`, " ")}
    }`)
  }
    workgroupBarrier();
  }
  ${
    repeat(4, (p) => {
      const head = `group.z, top + row * 4u + ${p}u`;
      return store.calls({ columns: 4, name: `c_${p}`, head, column: "left + column * 4u" });
    })
  }
}`;
  return {
    name,
    code,
    workgroups: [down, across * folds, batches * parts],
    flops: 2 * batches * M * N * K,
  };
}

/** How the invocations of a workgroup load a tile, in vectors of four neighbours along its side. */
interface TileFill {
  /** Vectors of the tile. */
  readonly vectors: number;
  /** Vectors from a term to the next. */
  readonly stride: number;
  /** Vectors that an invocation loads. */
  readonly loads: number;
  /** Vector `i` of an invocation; `element` is WGSL for the number at a place along the side, of a term. */
  readonly vector: (i: number, element: (place: string, term: string) => string) => string;
  /** Where it belongs. */
  readonly at: (i: number) => string;
}

/**
 * Neighbours load what lies side by side in memory: along the tile's side, or terms of the sums. A vector is one
 * invocation's, since whoever writes a part of a vector may write all of it.
 */
function tileFill(
  { T, size, along }: { T: number; size: number; along: "tile" | "terms" },
): TileFill {
  const side = T / 4;
  // One more than a power of two, so that neighbours do not store into one bank.
  const stride = side + (along === "terms" ? 1 : 0);
  const own = (i: number) => `(lane + ${i * size}u)`;
  const place = (i: number) => along === "tile" ? `${own(i)} % ${side}u` : `${own(i)} / ${depth}u`;
  const term = (i: number) => along === "tile" ? `${own(i)} / ${side}u` : `${own(i)} % ${depth}u`;
  return {
    vectors: stride * depth,
    stride,
    loads: side * depth / size,
    vector: (i, element) =>
      `vec4f(${repeat(4, (c) => element(`${place(i)} * 4u + ${c}u`, term(i)), ", ")})`,
    at: (i) => `${term(i)} * ${stride}u + ${place(i)}`,
  };
}
