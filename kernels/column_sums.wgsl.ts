/**
 * Sums over rows, in a fixed order.
 *
 * @module
 */
import { flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

const lanes = 64;

/**
 * `total[n] = Σ_row x[row, n]`: the second half of every sum that was cut into parts.
 *
 * @example
 * ```ts
 * import { columnSums } from "@tower/nn/kernels";
 * import { Device, readOnce, Recorder } from "@tower/nn/layers";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const record = new Recorder(device);
 * const x = record.keep([2, 3], "x"), total = record.keep([3], "total");
 * record.dispatch(columnSums({ rows: 2, columns: 3 }), { x, total });
 * using program = await record.compile(device);
 * program.write(x, Float32Array.of(1, 2, 3, 10, 20, 30));
 * program.run();
 * const sums = new Float32Array(await readOnce(device, [program.span(total)]));
 * assertEquals([...sums], [11, 22, 33]);
 * ```
 */
export function columnSums({ rows, columns }: { rows: number; columns: number }): Kernel {
  const workgroups = grid(columns, lanes);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = ${flatIndex(workgroups, lanes)};
  if (n >= ${columns}u) { return; }
  var sum = 0f;
  for (var row = 0u; row < ${rows}u; row++) { sum += x[row * ${columns}u + n]; }
  total[n] = sum;
}`;
  return { name: "column_sums", code, workgroups, flops: rows * columns };
}
