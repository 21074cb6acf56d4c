// Every optimizer, on the adapter and in host memory, against float64 and, where it is installed, PyTorch.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  adam,
  adamW,
  gradientDescent,
  momentum,
  type Optimizer,
  rmsProp,
} from "../../lib/optim/optimizers.ts";
import { Rng } from "../../lib/rng.ts";
import { checkOptimizer } from "../support/check_optimizer.ts";
import { openDevice } from "../support/device.ts";

const optimizers: Record<string, Optimizer> = {
  "gradient descent": gradientDescent(),
  "momentum": momentum({ momentum: 0.8 }),
  "Nesterov's momentum": momentum({ nesterov: true }),
  "Adam": adam({ beta1: 0.85, epsilon: 1e-6 }),
  "AdamW": adamW({ beta2: 0.99, decay: 0.1 }),
  "RMSProp": rmsProp({ decay: 0.9 }),
};

/** The equations, one number at a time. */
function* reference(
  optimizer: Optimizer,
  { initial, gradients, rate }: { initial: number[]; gradients: number[][]; rate: number },
): Generator<number[]> {
  const p = [...initial], m = initial.map(() => 0), v = initial.map(() => 0);
  for (const [at, row] of gradients.entries()) {
    row.forEach((g, i) => {
      if (optimizer.kind === "gradient-descent") p[i] -= rate * g;
      else if (optimizer.kind === "momentum") {
        m[i] = optimizer.momentum * m[i] + g;
        p[i] -= rate * (optimizer.nesterov ? g + optimizer.momentum * m[i] : m[i]);
      } else if (optimizer.kind === "adam") {
        const { beta1, beta2, epsilon, decay } = optimizer;
        p[i] -= rate * decay * p[i];
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        const [mean, square] = [m[i] / (1 - beta1 ** (at + 1)), v[i] / (1 - beta2 ** (at + 1))];
        p[i] -= rate * mean / (Math.sqrt(square) + epsilon);
      } else {
        v[i] = optimizer.decay * v[i] + (1 - optimizer.decay) * g * g;
        p[i] -= rate * g / (Math.sqrt(v[i]) + optimizer.epsilon);
      }
    });
    yield [...p];
  }
}

const rng = Rng.from(8);
const normals = (count: number) =>
  Array.from({ length: count }, () => Math.fround(rng.truncatedNormal()));

for (const [name, optimizer] of Object.entries(optimizers)) {
  Deno.test(`${name} on the adapter and in host memory is what its equations say, for 60 steps`, async () => {
    const initial = normals(70);
    const gradients = Array.from({ length: 60 }, () => normals(70));
    const expected = [...reference(optimizer, { initial, gradients, rate: 0.02 })];
    using device = await openDevice();
    const rows = expected.map((row) => Float64Array.from(row));
    await checkOptimizer(device, {
      optimizer,
      learningRate: 0.02,
      initial,
      gradients,
      expected: rows,
    });
  });

  Deno.test(`${name} with clipping leaves the direction, and what is not trained, as they are`, async () => {
    const [trained, untrained] = [67, 5];
    const initial = normals(trained + untrained);
    const gradients = Array.from({ length: 6 }, (_, at) =>
      // Below the limit at first, then far above it.
      normals(trained + untrained).map((g) => g * 0.05 * 10 ** Math.floor(at / 2)));
    const clipped = gradients.map((row) => {
      const norm = Math.hypot(...row.slice(0, trained));
      return row.slice(0, trained).map((g) => g * Math.min(1, 1.5 / (norm + 1e-6)));
    });
    assert(Math.hypot(...gradients[0].slice(0, trained)) < 1.5);
    const head = initial.slice(0, trained);
    const steps = [...reference(optimizer, { initial: head, gradients: clipped, rate: 0.1 })];
    let tail = initial.slice(trained);
    const expected = steps.map((row, at) => {
      tail = tail.map((p, i) => p - gradients[at][trained + i]);
      return Float64Array.from([...row, ...tail]);
    });
    using device = await openDevice();
    const clip = { clipNorm: 1.5, untrained };
    await checkOptimizer(device, {
      optimizer,
      learningRate: 0.1,
      initial,
      gradients,
      expected,
      ...clip,
    });
  });
}

Deno.test("numbers that make no sense are refused", () => {
  assertThrows(() => momentum({ momentum: 1 }), RangeError, "Cannot use a momentum of 1");
  assertThrows(() => adam({ beta2: -0.1 }), RangeError, "Cannot use a beta2 of -0.1");
  assertThrows(() => adam({ epsilon: 0 }), RangeError, "Cannot use an epsilon of 0");
  assertThrows(() => adamW({ decay: -1 }), RangeError, "Cannot use a decay of -1");
  assertThrows(() => rmsProp({ decay: NaN }), RangeError, "Cannot use a decay of NaN");
  assertEquals(JSON.parse(JSON.stringify(optimizers)), optimizers);
});
