/**
 * One rank of the runs that the tests launch: `rank.ts TASK`.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import type { Group } from "../../lib/distributed/group.ts";
import { openMpi } from "../../lib/distributed/mpi.ts";
import { MpiError } from "../../lib/distributed/mpi_error.ts";

/** Values of one rank, of many magnitudes, so that another order of additions gives other bytes. */
function valuesOf(rank: number, length: number): Float32Array<ArrayBuffer> {
  const magnitudes = [1e-3, 1e-2, 0.1, 1, 10, 100, 1e3];
  let state = 12345 + rank * 1000003 + length;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * magnitudes[state % 7];
  });
}

/** The plain loop: rank after rank, each sum rounded to float32. */
function sumInOrder(ranks: number[], length: number): Float32Array {
  const [first, ...others] = ranks.map((rank) => valuesOf(rank, length));
  for (const values of others) for (let i = 0; i < length; i++) first[i] += values[i];
  return first;
}

const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset);

/** Without `assertEquals`, which is slow on a million values. */
function assertSameBits(actual: Float32Array, expected: Float32Array, what: string) {
  const [a, b] = [bits(actual), bits(expected)];
  assertEquals(a.length, b.length, what);
  const wrong = a.findIndex((word, i) => word !== b[i]);
  assertEquals(wrong, -1, `${what}: element ${wrong} is ${actual[wrong]}, not ${expected[wrong]}`);
}

const tasks: Record<string, (group: Group) => Promise<void> | void> = {
  async sums(group) {
    const ranks = Array.from({ length: group.size }, (_, r) => r);
    let orderMatters = 0;
    for (const length of [0, 1, 2, 3, 5, 64, 1001, 1_070_000, 7]) {
      const values = valuesOf(group.rank, length);
      await group.sum(values);
      assertSameBits(values, sumInOrder(ranks, length), `${length} values`);
      if (length > 2000) continue;
      const backwards = sumInOrder(ranks.toReversed(), length);
      orderMatters += bits(values).filter((word, i) => word !== bits(backwards)[i]).length;
    }
    if (group.size > 2) assertEquals(orderMatters > 100, true, "an order that does not matter");
  },

  async sharedMemory(group) {
    const values = new Float32Array(new SharedArrayBuffer(4 * 99)).fill(group.rank + 1);
    await group.sum(values.subarray(9));
    const total = group.size * (group.size + 1) / 2;
    assertEquals([values[8], values[9], values[98]], [group.rank + 1, total, total]);
  },

  async broadcast(group) {
    for (const length of [0, 1, 1001, 4_280_000]) {
      const bytes = new Uint8Array(length).fill(group.rank + 7);
      await group.broadcast(bytes);
      assertEquals(bytes.every((byte) => byte === 7), true);
    }
  },

  async misuse(group) {
    const first = group.sum(new Float32Array(3));
    const busy = await assertRejects(() => group.broadcast(new Uint8Array(3)), MpiError);
    assertEquals(busy.message, "Cannot broadcast: a sum is under way; await it first");
    await first;
    const apart = await assertRejects(() => group.sum(new Float32Array(5 + group.rank)), MpiError);
    const { rank, size, machine } = group;
    const other = rank === 0 ? 1 : 0;
    assertEquals(
      apart.message,
      `Cannot sum on rank ${rank} of ${size} on ${machine}: needs all ranks to do the same, got sum ` +
        `of ${5 + rank} elements here and sum of ${5 + other} on rank ${other}`,
    );
    await assertRejects(
      () => rank === 0 ? group.broadcast(new Uint8Array(3)) : group.sum(new Float32Array(3)),
      MpiError,
      "needs all ranks to do the same",
    );
  },

  async waits(group) {
    // the others come a second later: rank 0 must be asleep, and its timers must run
    if (group.rank > 0) return await pause(1000).then(() => group.sum(new Float32Array(9)));
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    await group.sum(new Float32Array(9));
    clearInterval(timer);
    assertEquals(turns > 40, true, `${turns} turns of the event loop in a second`);
  },

  async fail(group) {
    if (group.rank === group.size - 1) throw new Error("this rank is out of luck");
    await forever(group);
  },

  async leave(group) {
    if (group.rank === group.size - 1) Deno.exit(0);
    await forever(group);
  },

  async abort(group) {
    if (group.rank === group.size - 1) group.abort(42);
    await forever(group);
  },

  forever,
};

async function forever(group: Group) {
  console.log(`rank ${group.rank} is process ${Deno.pid}`);
  for (;;) await group.sum(new Float32Array(1000));
}

const pause = (milliseconds: number) => new Promise((resume) => setTimeout(resume, milliseconds));

if (import.meta.main) {
  try {
    using group = openMpi();
    for (const task of Deno.args) await tasks[task](group);
    const { rank, size, localRank, localSize, machine, library } = group;
    await group.finalize();
    console.log(JSON.stringify({ rank, size, localRank, localSize, machine, library }));
  } catch (error) {
    if (!(error instanceof MpiError)) throw error;
    console.error(`${error.name}: ${error.message}`);
    Deno.exit(1);
  }
}
