/**
 * How long ranks take to add up a gradient: verifies, then times.
 *
 *   mpirun -n 2 deno run --allow-ffi --allow-env bench/mpi_bench.ts [VALUES] [ROUNDS]
 *
 * Rank 0 prints the median, and the tenth and the ninetieth percentile.
 */
import { assertEquals } from "@std/assert";
import { openMpi } from "../lib/distributed/mpi.ts";

const [length = 1_070_000, rounds = 100] = Deno.args.map(Number);
const warmUps = 5;

using group = openMpi();
const { rank, size, library } = group;
const values = new Float32Array(length);

async function time(work: () => Promise<void>): Promise<string> {
  const times: number[] = [];
  for (let i = -warmUps; i < rounds; i++) {
    const start = performance.now();
    await work();
    if (i >= 0) times.push(performance.now() - start);
  }
  return spread(times);
}

function spread(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * (rounds - 1))].toFixed(2);
  return `${at(0.5)} ms (${at(0.1)} to ${at(0.9)})`;
}

/** Of ranks that come up to 20 ms apart, the last one's time: it waits for nobody. */
async function timeApart(): Promise<string> {
  const times: number[] = [];
  const all = new Float32Array(size);
  for (let i = 0; i < rounds; i++) {
    await new Promise((resume) => setTimeout(resume, Math.random() * 20));
    const start = performance.now();
    await group.sum(values);
    all.fill(0)[rank] = performance.now() - start;
    await group.sum(all);
    times.push(Math.min(...all));
  }
  return spread(times);
}

values.fill(rank + 1);
await group.sum(values);
assertEquals(values.every((value) => value === size * (size + 1) / 2), true);

values.fill(0);
const sum = await time(() => group.sum(values));
const bytes = new Uint8Array(values.buffer);
const broadcast = await time(() => group.broadcast(bytes));
const apart = await timeApart();
const one = new Float32Array(1);
const shortest = await time(() => group.sum(one));
await group.finalize();

if (rank === 0) {
  console.log(`${library}, ${size} ranks, ${navigator.hardwareConcurrency} cores`);
  console.log(`sum of ${length} values        ${sum}`);
  console.log(`the same, coming apart      ${apart}`);
  console.log(`broadcast of ${bytes.length} bytes   ${broadcast}`);
  console.log(`sum of 1 value              ${shortest}`);
}
