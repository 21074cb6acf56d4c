import { softmax } from "../../lib/layers/softmax.ts";
import { Rng } from "../../lib/rng.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { normal } from "../support/random.ts";
import { map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";

for (const [N, C] of [[1, 1], [3, 2], [17, 10], [5, 65]]) {
  Deno.test(`softmax of ${N} rows of ${C} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const x = normal(Rng.from(41), { shape: [N, C] });
    const expected = expectedOf({ x }, reference.softmax(x));
    await checkLayer(device, softmax(), expected, { terms: { y: C, x: C }, scale: 1 });
    await checkDerivatives(device, softmax(), { x });
  });
}

Deno.test("softmax of large values is one for the largest, and nothing overflows", async () => {
  using device = await openDevice();
  const x = map(normal(Rng.from(42), { shape: [7, 10] }), (value) => Math.round(value * 1e4));
  const expected = expectedOf({ x }, reference.softmax(x));
  await checkLayer(device, softmax(), expected, { terms: { y: 10, x: 10 }, scale: 1 });
});

conformanceTest("softmax and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("softmax")) {
    const [, C] = stored.output.shape;
    await checkLayer(device, softmax(), stored, { terms: { y: C, x: C } });
  }
});
