import { flatten } from "../../lib/layers/flatten.ts";
import { Rng } from "../../lib/rng.ts";
import { checkLayer, expectedOf } from "../support/check_layer.ts";
import { openDevice } from "../support/device.ts";
import { normal } from "../support/random.ts";
import * as reference from "../support/reference.ts";

Deno.test("flattening keeps the order of values and gradients, bit for bit", async () => {
  using device = await openDevice();
  const x = normal(Rng.from(61), { shape: [3, 5, 2, 7] });
  await checkLayer(device, flatten(), expectedOf({ x }, reference.flatten(x)), { strictness: 0 });
});
