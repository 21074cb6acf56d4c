/**
 * Convolution and its gradients for drivers that run on a processor: strips of a picture's rows in
 * registers.
 *
 * A load costs such a driver as much as twenty multiply-adds, so a lane loads the cells of a strip of
 * pixels once for all taps of a row, and the other operand is loaded once for eight lanes and broadcast.
 *
 * @module
 */
import type { Conv2dSizes } from "./conv2d.wgsl.ts";
import { grid, type Kernel, repeat, wgsl } from "./kernel.ts";
import { readOperands, storeColumns } from "./matmul.wgsl.ts";
import { broadcastColumns, lanes } from "./matmul_subgroup.wgsl.ts";

/** Output pixels of a strip: an equal share of a row, at most so many. */
function stripOf(OW: number, most = 12): { P: number; strips: number } {
  const strips = Math.ceil(OW / most);
  return { P: Math.ceil(OW / strips), strips };
}

/** Output channels that a workgroup takes. */
function columnsOf(O: number): number {
  return O <= 8 ? 8 : 16;
}

/** The forward convolution; see `conv2dForward`. Without a bias for the gradient that runs through it. */
export function stripsForward(
  sizes: Conv2dSizes,
  { name, bias, relu }: { name: string; bias: boolean; relu: boolean },
): Kernel {
  const { N, H, W, I, KH, KW, O, SH, OH, OW, PT } = sizes;
  const { P, strips } = stripOf(OW);
  const Q = columnsOf(O);
  const across = Math.ceil(O / Q);
  const count = N * OH * strips;
  const workgroups = grid(Math.ceil(count / lanes) * across, 1);
  const store = storeColumns({
    result: "y",
    activations: ["y"],
    N: O,
    finish: { bias, relu },
    head: "index: u32, ow: u32, at: u32",
    inside: `index < ${count}u && ow < ${OW}u`,
    at: "at",
  });
  const code = wgsl`
${readOperands({ operands: ["x", "w", "y"], activations: ["x"] })}
${store.declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let block = group.y * ${workgroups[0]}u + group.x;
  // Lanes beyond the last strip repeat it: all must be there to broadcast.
  let index = block / ${across}u * ${lanes}u + lane;
  let strip = min(index, ${count - 1}u);
  let column = block % ${across}u * ${Q}u;
  let ow = strip % ${strips}u * ${P}u;
  let oh = strip / ${strips}u % ${OH}u;
  let n = strip / ${strips * OH}u;
  ${repeat(P, (p) => repeat(Q / 4, (j) => `var c_${p}_${j} = vec4f(0f);`, " "))}
  for (var kh = 0u; kh < ${KH}u; kh++) {
    let h = i32(oh * ${SH}u + kh) - ${PT};
    let row = (n * ${H}u + u32(clamp(h, 0, ${H - 1}))) * ${W}u;
    for (var i = 0u; i < ${I}u; i++) {
      ${loadStrip(sizes, P)}
      ${
    repeat(KW, (kw) =>
      `{
        let at = ((kh * ${KW}u + ${kw}u) * ${I}u + i) * ${O}u;
        ${broadcastColumns(Q, (offset) => `w[at + min(column + ${offset}, ${O - 1}u)]`)}
        ${multiply(P, Q, (p) => `x_${p * sizes.SW + kw}`)}
      }`)
  }
    }
  }
  let out = ((n * ${OH}u + oh) * ${OW}u + ow) * ${O}u;
  ${
    repeat(P, (p) => {
      const head = `index, ow + ${p}u, out + ${p * O}u`;
      return store.calls({ columns: Q, name: `c_${p}`, head, column: "column" });
    })
  }
}`;
  return { name, code, workgroups, flops: 2 * N * OH * OW * KH * KW * I * O };
}

/** Rows of `KH·I` taps that a lane takes in the gradient of the weights. */
function tapRowsOf({ KH, KW, I }: Conv2dSizes): number {
  const most = Math.ceil(KH * I / lanes);
  return Math.max(1, Math.min(most, Math.floor(12 / KW)));
}

/** Workgroups of {@linkcode stripsWeightGradient} for one part. */
export function stripsGradientGroups(sizes: Conv2dSizes): number {
  const { KH, I, O } = sizes;
  return Math.ceil(KH * I / (lanes * tapRowsOf(sizes))) * Math.ceil(O / columnsOf(O));
}

/**
 * Sums of `x · dy` over the pictures of each of `parts`; see `conv2dWeightGradient`. A lane takes a few
 * rows of taps, each a row of the kernel in one input channel, and the pixels of `dy` are broadcast.
 */
export function stripsWeightGradient(sizes: Conv2dSizes, parts: number): Kernel {
  const { N, H, W, I, KH, KW, O, SH, SW, PT, OH, OW } = sizes;
  const { P, strips } = stripOf(OW, 4);
  const Q = columnsOf(O);
  const R = tapRowsOf(sizes);
  const across = Math.ceil(O / Q);
  const pictures = Math.ceil(N / parts);
  const store = storeColumns({
    result: "dw",
    N: O,
    head: "part: u32, tap_row: u32, kw: u32",
    inside: `tap_row < ${KH * I}u`,
    at: `(((part * ${KH}u + tap_row / ${I}u) * ${KW}u + kw) * ${I}u + tap_row % ${I}u) * ${O}u`,
  });
  const code = wgsl`
${readOperands({ operands: ["x", "dy", "dw"], activations: ["x", "dy"] })}
${store.declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x % ${across}u * ${Q}u;
  let first = (group.x / ${across}u * ${lanes}u + lane) * ${R}u;
  ${
    repeat(R, (r) =>
      `let kh_${r} = min(first + ${r}u, ${KH * I - 1}u) / ${I}u;
  let i_${r} = min(first + ${r}u, ${KH * I - 1}u) % ${I}u;
  ${repeat(KW, (kw) => repeat(Q / 4, (j) => `var c_${r * KW + kw}_${j} = vec4f(0f);`, " "), " ")}`)
  }
  for (var n = group.y * ${pictures}u; n < min((group.y + 1u) * ${pictures}u, ${N}u); n++) {
    for (var oh = 0u; oh < ${OH}u; oh++) {
      for (var ow = 0u; ow < ${strips * P}u; ow += ${P}u) {
        ${
    repeat(R, (r) =>
      repeat((P - 1) * SW + KW, (t) => `var x_${r}_${t} = 0f;`, " ") + `
        {
          let kh = kh_${r};
          let i = i_${r};
          let h = i32(oh * ${SH}u + kh) - ${PT};
          let row = (n * ${H}u + u32(clamp(h, 0, ${H - 1}))) * ${W}u;
          ${loadStrip(sizes, P)}
          ${repeat((P - 1) * SW + KW, (t) => `x_${r}_${t} = x_${t};`, " ")}
        }`)
  }
        ${
    repeat(P, (p) =>
      `{
          let at = ((n * ${OH}u + oh) * ${OW}u + min(ow + ${p}u, ${OW - 1}u)) * ${O}u;
          ${
        broadcastColumns(Q, (offset) =>
          withinRow(
            OW,
            strips * P,
            `ow + ${p}u`,
            `f32(dy[at + min(column + ${offset}, ${O - 1}u)])`,
          ))
      }
          ${multiply(R * KW, Q, (k) => `x_${Math.floor(k / KW)}_${p * SW + k % KW}`)}
        }`)
  }
      }
    }
  }
  ${
    repeat(R, (r) =>
      repeat(KW, (kw) => {
        const head = `group.y, first + ${r}u, ${kw}u`;
        return store.calls({ columns: Q, name: `c_${r * KW + kw}`, head, column: "column" });
      }))
  }
}`;
  return {
    name: "conv2d_weight_gradient",
    code,
    workgroups: [stripsGradientGroups(sizes), parts, 1],
    flops: 2 * N * OH * OW * KH * KW * I * O,
  };
}

/** Loads the cells under a strip of `P` pixels as `x_0 …`, from `row` of channel `i`, 0 in the padding. */
function loadStrip({ H, W, I, KW, SW, PL }: Conv2dSizes, P: number): string {
  return `let inside = h >= 0 && h < ${H};
      let left = i32(ow * ${SW}u) - ${PL};
      ${
    repeat((P - 1) * SW + KW, (t) =>
      `let at_${t} = left + ${t};
      let x_${t} = select(0f, f32(x[(row + u32(clamp(at_${t}, 0, ${
        W - 1
      }))) * ${I}u + i]), inside && at_${t} >= 0 && at_${t} < ${W});`, "\n      ")
  }`;
}

/** `c_p_j += a(p) · b_j` for all `p` and `j`. */
function multiply(P: number, Q: number, a: (p: number) => string): string {
  return repeat(
    P,
    (p) => repeat(Q / 4, (j) => `c_${p}_${j} = fma(vec4f(${a(p)}), b_${j}, c_${p}_${j});`, " "),
  );
}

/** A load that gives 0 beyond the row, where strips reach beyond it. */
function withinRow(OW: number, reach: number, ow: string, load: string): string {
  return reach === OW ? load : `select(0f, ${load}, ${ow} < ${OW}u)`;
}
