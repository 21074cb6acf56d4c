/**
 * The first half of a sum over many elements: partial sums, always in the same order.
 *
 * @module
 */
import { type AdapterKind, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

/**
 * Invocations of a workgroup, and vectors of four elements that each of them takes: on a processor few
 * invocations, as eight at a time go through all of their elements; on a card many.
 */
function shapeOf(kind: AdapterKind): { lanes: number; run: number } {
  return kind === "gpu" ? { lanes: 128, run: 4 } : { lanes: 16, run: 64 };
}

function gridOf(size: number, kind: AdapterKind) {
  const { lanes, run } = shapeOf(kind);
  return grid(Math.ceil(size / 4), lanes * run);
}

/** Elements of the `partials` of {@linkcode sumInParts}. */
export function sumParts(size: number, kind: AdapterKind): number {
  const [x, y] = gridOf(size, kind);
  return x * y;
}

/**
 * A kernel that goes through `size` elements by fours and leaves partial sums in `partials`. Behind the last
 * element up to a whole vector there have to be zeros.
 *
 * @param declarations those of the buffers, `partials` among them
 * @param statement adds to `sum` what vector `i` contributes
 */
export function sumInParts(
  name: string,
  size: number,
  { declarations, statement, flops, kind }: {
    declarations: string;
    statement: string;
    flops: number;
    kind: AdapterKind;
  },
): Kernel {
  const { lanes, run } = shapeOf(kind);
  const workgroups = gridOf(size, kind);
  const code = wgsl`
${declarations}
var<workgroup> sums: array<f32, ${lanes}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let part = ${flatIndex(workgroups, 1, "0u")};
  var sum = vec4f(0f);
  for (var k = 0u; k < ${run}u; k++) {
    let i = part * ${lanes * run}u + k * ${lanes}u + lane;
    if (i < ${Math.ceil(size / 4)}u) { ${statement} }
  }
  sums[lane] = dot(sum, vec4f(1f));
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u) { partials[part] = sums[0]; }
}`;
  return { name, code, workgroups, flops };
}
