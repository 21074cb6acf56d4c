/**
 * Sums over rows, in a fixed order.
 *
 * @module
 */
import { type AdapterKind, flatIndex, grid, type Kernel, wgsl } from "./kernel.ts";

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
 * record.dispatch(columnSums({ rows: 2, columns: 3, kind: device.kind }), { x, total });
 * using program = await record.compile(device);
 * program.write(x, Float32Array.of(1, 2, 3, 10, 20, 30));
 * program.run();
 * const sums = new Float32Array(await readOnce(device, [program.span(total)]));
 * assertEquals([...sums], [11, 22, 33]);
 * ```
 */
export function columnSums(
  { rows, columns, kind }: { rows: number; columns: number; kind: AdapterKind },
): Kernel {
  // Invocations that share a column, each with every 16th or 64th row.
  const sharers = kind === "software" || rows < 64 ? 1 : columns < 1024 ? 64 : 16;
  const size = Math.max(64, 4 * sharers);
  const across = size / sharers;
  const workgroups = grid(columns, across);
  const code = wgsl`
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
var<workgroup> sums: array<f32, ${size}>;
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = ${flatIndex(workgroups, across, `lane % ${across}u`)};
  let sharer = lane / ${across}u;
  var sum = 0f;
  if (n < ${columns}u) {
    for (var row = sharer; row < ${rows}u; row += ${sharers}u) { sum += x[row * ${columns}u + n]; }
  }
  ${
    sharers === 1 ? "" : `sums[lane] = sum;
  for (var half = ${sharers / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (sharer < half) { sums[lane] += sums[lane + half * ${across}u]; }
  }
  sum = sums[lane];`
  }
  if (sharer == 0u && n < ${columns}u) { total[n] = sum; }
}`;
  return { name: "column_sums", code, workgroups, flops: rows * columns };
}
