/**
 * Where the time of a program goes: milliseconds, GFLOP/s and bytes of every dispatch.
 *
 * @module
 */
import type { Device } from "./device.ts";
import { type Dispatch, encode, type Program } from "./program.ts";

/** What one dispatch took. */
export interface Timing {
  /** The layer. */
  readonly layer: string;
  /** The kernel. */
  readonly kernel: string;
  /** Milliseconds, the median of the runs. */
  readonly milliseconds: number;
  /** Useful floating-point operations. */
  readonly flops: number;
  /** Bytes of all its bindings. */
  readonly bytes: number;
}

/**
 * Runs a program `runs` times, every dispatch in a pass of its own, and times each by the adapter's
 * timestamps; by waiting for each where the adapter has none.
 *
 * The program does real work: what it updates, it updates `runs` times. What only makes summaries is left
 * out.
 *
 * @example
 * ```ts
 * import { Device, profile, Recorder } from "@tower/nn/layers";
 * import { elementwise } from "@tower/nn/kernels";
 * import { assertEquals } from "@std/assert";
 *
 * using device = await Device.open();
 * const record = new Recorder(device);
 * const x = record.keep([1024], "x"), y = record.keep([1024], "y");
 * record.dispatch(elementwise("square", 1024, ["x", "y"], "y[i] = x[i] * x[i];"), { x, y });
 * using program = await record.compile(device);
 * const [{ kernel, milliseconds, flops }] = await profile(program, { runs: 3 });
 * console.log(kernel, milliseconds, flops / milliseconds / 1e6, "GFLOP/s");
 * assertEquals(kernel, "square");
 * ```
 */
export async function profile(
  program: Program,
  options: { runs?: number } = {},
): Promise<Timing[]> {
  const runs = options.runs ?? 5;
  const dispatches = program.dispatches.filter(({ summary }) => !summary);
  const samples: number[][] = [];
  const timed = program.device.gpu.features.has("timestamp-query")
    ? timeByTimestamps
    : timeByWaiting;
  for (let run = 0; run < runs; run++) {
    const sample: number[] = [];
    for (let at = 0; at < dispatches.length; at += dispatchesAtOnce) {
      const some = dispatches.slice(at, at + dispatchesAtOnce);
      sample.push(...await timed(program.device, some));
    }
    samples.push(sample);
  }
  return dispatches.map(({ layer, kernel, bytes }, index) => ({
    layer,
    kernel: kernel.name,
    milliseconds: median(samples.map((sample) => sample[index])),
    flops: kernel.flops,
    bytes,
  }));
}

/** A set of timestamps has 4,096 at most, two for each dispatch. */
const dispatchesAtOnce = 2048;

type Timed = (device: Device, dispatches: readonly Dispatch[]) => Promise<number[]>;

const timeByTimestamps: Timed = async ({ gpu }, dispatches) => {
  const count = dispatches.length * 2;
  const querySet = gpu.createQuerySet({ type: "timestamp", count });
  const resolved = gpu.createBuffer({
    size: count * 8,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const staging = gpu.createBuffer({
    size: count * 8,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = gpu.createCommandEncoder();
  dispatches.forEach((dispatch, index) => {
    const pass = encoder.beginComputePass({
      timestampWrites: {
        querySet,
        beginningOfPassWriteIndex: index * 2,
        endOfPassWriteIndex: index * 2 + 1,
      },
    });
    encode(pass, dispatch);
    pass.end();
  });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const ticks = new BigUint64Array(staging.getMappedRange().slice(0));
  staging.unmap();
  for (const resource of [querySet, resolved, staging]) resource.destroy();
  return dispatches.map((_, index) => Number(ticks[index * 2 + 1] - ticks[index * 2]) / 1e6);
};

const timeByWaiting: Timed = async ({ gpu }, dispatches) => {
  const milliseconds: number[] = [];
  for (const dispatch of dispatches) {
    await gpu.queue.onSubmittedWorkDone();
    const start = performance.now();
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass, dispatch);
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
};

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
