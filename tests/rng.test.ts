import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { philox, Rng } from "../lib/rng.ts";

const SAMPLES = 1 << 18;

function draw(n: number, rng: Rng): number[] {
  return Array.from({ length: n }, () => rng.uint32());
}

function moments(next: () => number): { mean: number; variance: number; size: number } {
  let sum = 0, squares = 0, size = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const x = next();
    sum += x;
    squares += x * x;
    size = Math.max(size, Math.abs(x));
  }
  const mean = sum / SAMPLES;
  return { mean, variance: squares / SAMPLES - mean * mean, size };
}

/** Pearson's χ² against equal counts; its mean is the number of cells less one. */
function chiSquared(counts: ArrayLike<number>): number {
  const expected = Array.from(counts).reduce((a, b) => a + b) / counts.length;
  return Array.from(counts).reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

Deno.test("philox gives the known answers of Random123", () => {
  const vectors = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, expected] of vectors) {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    assertEquals([...out], expected);
    const inPlace = Uint32Array.from(counter);
    philox(inPlace, key, inPlace);
    assertEquals([...inPlace], expected);
  }
});

Deno.test("a stream is the blocks of philox for counters 0, 1, 2, …", () => {
  const rng = Rng.from(2 ** 32 * 5 + 3);
  assertEquals(rng.key, [3, 5]);
  const expected = [0, 1, 2].flatMap((index) => {
    const out = new Uint32Array(4);
    philox([index, 0, 0, 0], rng.key, out);
    return [...out];
  });
  assertEquals(draw(12, rng), expected);
});

Deno.test("a seed must be a whole number", () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
    assertThrows(() => Rng.from(seed), RangeError, `got ${seed}`);
  }
});

Deno.test("streams of different purposes differ, whatever their parent drew", () => {
  const parent = Rng.from(1);
  const early = draw(8, parent.split("shuffle"));
  draw(5, parent);
  assertEquals(draw(8, parent.split("shuffle")), early);
  const purposes = [
    "",
    "\0",
    "\0\0",
    "shuffle",
    "shuffl",
    "sixteen letters!",
    "sixteen letters!\0",
  ];
  const keys = [parent, ...purposes.map((purpose) => parent.split(purpose))].map((rng) => rng.key);
  assertEquals(new Set(keys.map(String)).size, keys.length);
  assertNotEquals(Rng.from(2).split("shuffle").key, parent.split("shuffle").key);
  assertNotEquals(parent.split("a").split("b").key, parent.split("b").split("a").key);
});

Deno.test("state survives JSON and resumes to the bit, wherever in a block and past 2³² blocks", () => {
  for (let drawn = 0; drawn < 10; drawn++) {
    const rng = Rng.from(9).split("x");
    draw(drawn, rng);
    const resumed = Rng.restore(JSON.parse(JSON.stringify(rng.state())));
    assertEquals(resumed.state(), rng.state());
    assertEquals(draw(9, resumed), draw(9, rng));
  }
  const far = Rng.restore([1, 2, 4 * 2 ** 32 + 1]);
  const block = new Uint32Array(4);
  philox([0, 1, 0, 0], [1, 2], block);
  assertEquals(draw(3, far), [...block.subarray(1)]);
});

Deno.test("a state that no generator made is refused", () => {
  assertThrows(() => Rng.restore([1, 2]), RangeError, "needs 3 numbers, got 2");
  assertThrows(() => Rng.restore([1, 2, -3]), RangeError, "got -3");
});

Deno.test("float is uniform on [0, 1)", () => {
  const rng = Rng.from(3);
  const counts = new Uint32Array(64);
  for (let i = 0; i < SAMPLES; i++) counts[Math.floor(rng.float() * 64)]++;
  assert(chiSquared(counts) < 63 + 5 * Math.sqrt(2 * 63), `χ² ${chiSquared(counts)}`);
});

Deno.test("below is uniform, also where 2³² is far from a multiple", () => {
  const rng = Rng.from(4);
  for (const n of [1, 2, 10, 128]) {
    const counts = new Uint32Array(n);
    for (let i = 0; i < SAMPLES; i++) counts[rng.below(n)]++;
    assert(chiSquared(counts) <= n - 1 + 5 * Math.sqrt(2 * n), `${n}: χ² ${chiSquared(counts)}`);
  }
  // Without drawing again, the first third of 3·2³⁰ numbers would come up twice as often.
  const n = 3 * 2 ** 30, thirds = new Uint32Array(3);
  for (let i = 0; i < SAMPLES; i++) thirds[Math.floor(rng.below(n) / 2 ** 30)]++;
  assert(chiSquared(thirds) < 20, `${thirds}`);
  for (const bad of [0, -1, 1.5, 2 ** 32 + 1]) assertThrows(() => rng.below(bad), RangeError);
});

Deno.test("normal has mean 0, variance 1 and the normal's tails", () => {
  const rng = Rng.from(5);
  let past2 = 0;
  const { mean, variance, size } = moments(() => {
    const z = rng.normal();
    if (Math.abs(z) > 2) past2++;
    return z;
  });
  assert(Math.abs(mean) < 5 / Math.sqrt(SAMPLES), `mean ${mean}`);
  assert(Math.abs(variance - 1) < 5 * Math.sqrt(2 / SAMPLES), `variance ${variance}`);
  assert(Math.abs(past2 / SAMPLES - 0.0455) < 0.0021, `beyond 2σ: ${past2 / SAMPLES}`);
  assert(size > 4 && size < 6.8, `largest ${size}`);
});

Deno.test("truncatedNormal keeps within 2 and has the variance of the cut normal", () => {
  const rng = Rng.from(6);
  const { mean, variance, size } = moments(() => rng.truncatedNormal());
  assert(Math.abs(mean) < 0.009, `mean ${mean}`);
  assert(Math.abs(variance - 0.77374) < 0.008, `variance ${variance}`); // 1 − 4φ(2)/(2Φ(2) − 1)
  assert(size <= 2 && size > 1.999, `largest ${size}`);
});

Deno.test("shuffle makes every order of four equally likely", () => {
  const rng = Rng.from(7);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = rng.shuffle([0, 1, 2, 3]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assertEquals(counts.size, 24);
  assert(chiSquared([...counts.values()]) < 23 + 5 * Math.sqrt(46));
  assertEquals(rng.shuffle(Uint8Array.of(3, 3, 1)).toSorted(), Uint8Array.of(1, 3, 3));
});
