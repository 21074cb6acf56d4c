import { relu } from "../../lib/layers/relu.ts";
import { Rng } from "../../lib/rng.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
  linear32,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { separated } from "../support/random.ts";
import { map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";

/** Not one rounding: what comes out went in. */
const exact = { strictness: 0 };

for (const shape of [[1, 1], [3, 17], [5, 64]]) {
  Deno.test(`ReLU of ${shape.join("×")} is the reference's, gradients are derivatives`, async () => {
    using device = await openDevice();
    const x = separated(Rng.from(51), { shape, gap: 4 });
    await checkLayer(device, relu("NC"), expectedOf({ x }, reference.relu(x)), exact);
    await checkDerivatives(device, relu("NC"), { x }, { precision: linear32 });
  });
}

Deno.test("ReLU of pictures is the reference's, and its gradient at 0 is 0", async () => {
  using device = await openDevice();
  const x = map(separated(Rng.from(52), { shape: [3, 5, 7, 3] }), (value) => Math.trunc(value / 8));
  await checkLayer(device, relu("NHWC"), expectedOf({ x }, reference.relu(x)), exact);
});

conformanceTest("ReLU and its gradient are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("relu")) await checkLayer(device, relu("NHWC"), stored);
});
