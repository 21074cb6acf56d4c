import { assertMatch, assertRejects } from "@std/assert";
import { Rng } from "../../lib/rng.ts";
import { checkGradients, float32, float64 } from "../../lib/checks/gradients.ts";
import { normal, separated } from "../support/random.ts";
import { conv2d, dense, maxPool2d } from "../support/reference.ts";

const rng = Rng.from(11);
const inputs = {
  x: normal(rng.split("x"), { shape: [2, 9] }),
  w: normal(rng.split("w"), { shape: [9, 40] }),
  b: normal(rng.split("b"), { shape: [40] }),
};
const dy = normal(rng.split("dy"), { shape: [2, 40] });

/** A dense layer whose weight gradient has one element changed. */
function checkDense(change: (value: number) => number, index = 200): Promise<void> {
  const { x, w, b } = dense(inputs).pullback(dy);
  w.data[index] = change(w.data[index]);
  return checkGradients({
    name: "dense",
    f: (moved) => dense(moved).y.data,
    inputs,
    dy: dy.data,
    gradients: { x: x.data, w: w.data, b: b.data },
    precision: float64,
  });
}

Deno.test("right gradients pass", () => checkDense((value) => value));

Deno.test("one wrong element among 360 is found, as every direction moves it", async () => {
  for (const change of [() => 0, (value: number) => -value, () => NaN]) {
    const error = await assertRejects(() => checkDense(change), Error);
    assertMatch(
      error.message,
      /dense, gradient of w (at|along random direction) \d+.* is off: analytic/,
    );
  }
});

Deno.test("a wrong element that is looked at is named", async () => {
  const { b } = dense(inputs).pullback(dy);
  b.data[17] *= 1.00001;
  const error = await assertRejects(() =>
    checkGradients({
      name: "dense",
      f: (moved) => dense(moved).y.data,
      inputs,
      dy: dy.data,
      gradients: { b: b.data },
      precision: float64,
    }), Error);
  assertMatch(
    error.message,
    /^dense, gradient of b at 17 is off: analytic \S+, numeric \S+, error/,
  );
});

Deno.test("a gradient of the wrong length is no gradient", async () => {
  const error = await assertRejects(() =>
    checkGradients({
      name: "dense",
      f: (moved) => dense(moved).y.data,
      inputs,
      dy: dy.data,
      gradients: { b: [1, 2] },
      precision: float64,
    }), Error);
  assertMatch(error.message, /gradient of b: needs 40 elements, got 2/);
});

/** What an adapter does: the same function with its result rounded to float32. */
Deno.test("at float32 a gradient that is right passes and one that is 2% off does not", async () => {
  const pictures = { x: normal(rng.split("x"), { shape: [1, 5, 5, 2] }) };
  const w = normal(rng.split("w"), { shape: [3, 3, 2, 4] });
  const f = ({ x }: typeof pictures) => conv2d({ x, w }, { padding: "SAME" });
  const { y, pullback } = f(pictures);
  const dy = normal(rng.split("dy"), { shape: y.shape });
  const gradient = pullback(dy).x.data;
  const check = {
    name: "conv2d",
    f: (moved: typeof pictures) => Promise.resolve(Float32Array.from(f(moved).y.data)),
    inputs: pictures,
    dy: dy.data,
    precision: float32,
  };
  await checkGradients({ ...check, gradients: { x: gradient } });
  await assertRejects(() =>
    checkGradients({ ...check, gradients: { x: gradient.map((value) => value * 1.02) } })
  );
});

Deno.test("separated values stay the same maxima when moved by the step of float32", async () => {
  const pictures = { x: separated(rng.split("x"), { shape: [1, 6, 6, 3] }) };
  const f = ({ x }: typeof pictures) =>
    maxPool2d(x, { window: [3, 3], strides: [1, 1], padding: "SAME" });
  const { y, pullback } = f(pictures);
  const dy = normal(rng.split("dy"), { shape: y.shape });
  await checkGradients({
    name: "max pooling",
    f: (moved) => f(moved).y.data,
    inputs: pictures,
    dy: dy.data,
    gradients: { x: pullback(dy).x.data },
    precision: { ...float32, tolerance: 1e-9, rounding: 0 },
    elements: 1000,
  });
});
