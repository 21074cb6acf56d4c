import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { dropout } from "../../lib/layers/dropout.ts";
import { Rng } from "../../lib/rng.ts";
import { checkLayer, expectedOf } from "../support/check_layer.ts";
import { openDevice } from "../support/device.ts";
import { normal } from "../support/random.ts";
import type { StepNumbers } from "../../kernels/step.wgsl.ts";
import * as reference from "../support/reference.ts";
import { compileLayer } from "../../lib/checks/run_layer.ts";

const rate = 0.3;
const layer = dropout("NC", { rate });

/** What a layer keeps of values that are 1: 1 where an element is kept, 0 where it is dropped. */
async function maskOf(
  shape: readonly number[],
  step: Partial<StepNumbers> = {},
  of = layer,
): Promise<number[]> {
  using device = await openDevice();
  using runner = await compileLayer(device, of, { shape, backward: false });
  const x = new Float32Array(shape[0] * shape[1]).fill(1);
  return Array.from((await runner.run({ x, step })).y, (value) => value === 0 ? 0 : 1);
}

/** Requires a count to be within four deviations of that of independent draws. */
function assertShare(count: number, { of, chance }: { of: number; chance: number }): void {
  const deviation = Math.sqrt(of * chance * (1 - chance));
  const off = Math.abs(count - of * chance) / deviation;
  assert(off < 4, `${count} of ${of} is ${off.toFixed(1)} deviations from a chance of ${chance}`);
}

Deno.test("dropout scales what it keeps and its gradient has the same mask", async () => {
  using device = await openDevice();
  for (const shape of [[1, 1], [5, 7], [33, 64]]) {
    const x = normal(Rng.from(71), { shape });
    const mask = await maskOf(shape);
    await checkLayer(device, layer, expectedOf({ x }, reference.dropout(x, { mask, rate })));
  }
});

Deno.test("the share that is dropped is the rate", async () => {
  for (const rate of [0.05, 0.5, 0.9]) {
    const mask = await maskOf([100, 1003], {}, dropout("NC", { rate }));
    assertShare(mask.filter((kept) => !kept).length, { of: mask.length, chance: rate });
  }
});

Deno.test("elements are dropped independently of their neighbours and of other examples", async () => {
  const [N, C] = [200, 501];
  const mask = await maskOf([N, C]);
  for (const distance of [1, 2, 3, 4, C]) {
    const pairs = mask.slice(distance).map((kept, i) => !kept && !mask[i]);
    assertShare(pairs.filter(Boolean).length, { of: pairs.length, chance: rate ** 2 });
  }
});

Deno.test("the mask does not depend on how examples are batched", async () => {
  const all = await maskOf([6, 7]);
  assertEquals(await maskOf([4, 7], { firstExample: 2 }), all.slice(2 * 7));
  assertEquals(await maskOf([1, 7], { firstExample: 5 }), all.slice(5 * 7));
});

Deno.test("the mask is another one for another step, seed or layer, and else the same", async () => {
  const first = await maskOf([8, 16]);
  assertEquals(await maskOf([8, 16]), first);
  assertNotEquals(await maskOf([8, 16], { step: 1 }), first);
  assertNotEquals(await maskOf([8, 16], { key: [1, 3] }), first);
  assertNotEquals(await maskOf([8, 16], {}, dropout("NC", { rate, name: "other" })), first);
});

Deno.test("without training, or at a rate of 0, dropout is the identity", async () => {
  using device = await openDevice();
  const x = normal(Rng.from(72), { shape: [5, 7] });
  for (const [of, training] of [[layer, false], [dropout("NC", { rate: 0 }), true]] as const) {
    using runner = await compileLayer(device, of, { shape: x.shape, training });
    const { y, dx } = await runner.run({ x: x.data, dy: x.data });
    assertEquals(runner.program.dispatches.length, 0);
    assertEquals([y, dx], [Float32Array.from(x.data), Float32Array.from(x.data)]);
  }
});
