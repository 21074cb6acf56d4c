/**
 * The first half of a sum over many elements: partial sums, always in the same order.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

/** Few: a driver that runs on a processor takes eight at a time through all of their elements. */
const lanes = 16;
/** Vectors of four elements that one invocation takes. */
const run = 64;

function gridOf(size: number) {
  return grid(Math.ceil(size / 4 / run), lanes);
}

/** Elements of the `partials` of {@linkcode sumInParts}. */
export function sumParts(size: number): number {
  const [x, y] = gridOf(size);
  return x * y * lanes;
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
  { declarations, statement, flops }: { declarations: string; statement: string; flops: number },
): Kernel {
  const workgroups = gridOf(size);
  const code = wgsl`
${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let flat = ${flatIndex(workgroups, lanes)};
  let start = flat / ${lanes}u * ${lanes * run}u + lane;
  var sum = vec4f(0f);
  for (var k = 0u; k < ${run}u; k++) {
    let i = start + k * ${lanes}u;
    if (i < ${Math.ceil(size / 4)}u) { ${statement} }
  }
  partials[flat] = dot(sum, vec4f(1f));
}`;
  return { name, code, workgroups, flops };
}
