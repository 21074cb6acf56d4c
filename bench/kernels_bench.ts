/**
 * The heavy kernels at the tutorial network's sizes, in every way that the adapter has: each is first held
 * against plain loops in float64, then timed. GFLOP/s count the operations of the plain loops, so a way
 * that needs fewer may pass the adapter's peak.
 *
 *   deno run -A bench/kernels_bench.ts [--batch 128] [--rounds 7]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { table } from "../lib/cli/table.ts";
import { Device } from "../lib/gpu/device.ts";
import { profile } from "../lib/gpu/profile.ts";
import type { Program } from "../lib/gpu/program.ts";
import { readOnce } from "../lib/gpu/readback.ts";
import { Recorder } from "../lib/gpu/recorder.ts";
import type { PlacedTensor } from "../lib/gpu/tensor.ts";
import { Rng } from "../lib/rng.ts";
import { type Work, works } from "./kernels/works.ts";
import { machineFacts } from "./machine.ts";

/** Largest error as a share of the results' root mean square; Winograd's filtering has the most. */
const tolerance = 2e-4;
const elementsChecked = 64;

/** One way of a work, compiled, and found right; throws if it is not. */
async function prepare(device: Device, work: Work, way: string): Promise<Program> {
  const variants = Object.fromEntries(
    ["conv2d_forward", "conv2d_input_gradient", "conv2d_weight_gradient", "dense"]
      .map((name) => [name, way]),
  );
  const record = new Recorder(device, { variants });
  const rng = Rng.from(1).split(work.name);
  const data: Record<string, Float32Array<ArrayBuffer>> = {};
  const tensors: Record<string, PlacedTensor> = { result: record.keep([work.result], "result") };
  for (const [name, size] of Object.entries(work.inputs)) {
    tensors[name] = record.keep([size], name);
    data[name] = Float32Array.from({ length: size }, () => 2 * rng.float() - 1);
  }
  work.record(record, tensors);
  const program = await record.compile(device);
  for (const name of Object.keys(work.inputs)) program.write(tensors[name], data[name]);
  program.run();
  const got = new Float32Array(await readOnce(device, [program.span(tensors.result)]));
  const indices = Array.from({ length: elementsChecked }, () => rng.below(work.result));
  const expected = indices.map((index) => work.element(data, index));
  const scale = Math.hypot(...expected) / Math.sqrt(elementsChecked);
  const error = Math.max(...indices.map((index, i) => Math.abs(got[index] - expected[i]))) / scale;
  if (!(error < tolerance)) {
    throw new Error(`${work.name}, ${way}: off by ${error} of the results' root mean square`);
  }
  return program;
}

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, { default: { batch: 128, rounds: 7 } });
  for (const line of await machineFacts()) console.log(line);
  using device = await Device.open();
  const rows: string[][] = [];
  for (const work of works(Number(flags.batch), device)) {
    using programs = new DisposableStack();
    const ways = [];
    for (const way of work.ways) {
      ways.push({ way, program: programs.use(await prepare(device, work, way)), best: Infinity });
    }
    // Turn by turn, so that whatever else the machine does meets all ways alike.
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const entry of ways) {
        const timings = await profile(entry.program, { runs: 1 });
        const milliseconds = timings.reduce((sum, timing) => sum + timing.milliseconds, 0);
        entry.best = Math.min(entry.best, milliseconds);
      }
    }
    for (const { way, best } of ways) {
      rows.push([work.name, way, best.toFixed(2), (2 * work.multiplyAdds / best / 1e6).toFixed(1)]);
    }
  }
  console.log();
  for (const line of table(["kernel", "way", "ms", "GFLOP/s"], rows)) console.log(line);
}

if (import.meta.main) await main();
