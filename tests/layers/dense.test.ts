import { dense } from "../../lib/layers/dense.ts";
import {
  checkDerivatives,
  checkLayer,
  conformanceTest,
  expectedOf,
  linear32,
} from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { float32 } from "../../lib/checks/gradients.ts";
import * as reference from "../support/reference.ts";
import { eachWay, preferred, type Way } from "../support/variants.ts";
import { decidedInputs, normalInputs } from "../support/weighted.ts";

interface Case {
  readonly N: number;
  readonly I: number;
  readonly O: number;
  readonly activation?: "relu";
  /** By default the preferred one. */
  readonly ways?: readonly Way[];
}

const registers: Way = { name: "tiles in registers", variants: { dense: "subgroup" } };
const tiles: Way = { name: "tiles in workgroup memory", variants: { dense: "workgroup" } };

const cases: readonly Case[] = [
  { N: 1, I: 1, O: 1 },
  { N: 3, I: 7, O: 65, activation: "relu" },
  { N: 33, I: 65, O: 17, activation: "relu", ways: [registers, tiles] },
  { N: 5, I: 257, O: 10, ways: [registers, tiles] },
  { N: 129, I: 3, O: 2 },
  // Few rows of whole vectors: in parts, beyond a part's last term, and beyond the last column.
  { N: 1, I: 2304, O: 384, activation: "relu", ways: [registers, tiles] },
  { N: 3, I: 300, O: 36, ways: [registers, tiles] },
  { N: 8, I: 4, O: 572, activation: "relu", ways: [registers, tiles] },
];

for (const { N, I, O, activation, ways = [preferred] } of cases) {
  const what = `a dense layer of ${I} to ${O} features${activation ? " through ReLU" : ""}`;
  Deno.test(`${what} is the reference's for ${N} rows, gradients are derivatives`, async (t) => {
    using device = await openDevice();
    const layer = dense({ units: O, activation });
    const inputs = normalInputs({ x: [N, I], w: [I, O] });
    const sums = activation && reference.dense(inputs).y;
    const expected = expectedOf(inputs, reference.dense(inputs, { activation }), sums);
    const smooth = activation ? decidedInputs({ x: [N, I], w: [I, O] }) : inputs;
    const precision = activation ? float32 : linear32;
    await eachWay(t, { device, ways }, async (way) => {
      await checkLayer(device, layer, expected, { terms: termsOf({ N, I, O }), ...way });
      await checkDerivatives(device, layer, smooth, { precision, ...way });
    });
  });
}

conformanceTest("dense layers and their gradients are PyTorch's", async () => {
  using device = await openDevice();
  for (const stored of conformanceCases("dense")) {
    const [I, O] = stored.inputs.w.shape;
    const layer = dense({ name: stored.name, units: O });
    await checkLayer(device, layer, stored, { terms: termsOf({ N: stored.dy.shape[0], I, O }) });
  }
});

/** The products behind an element of each result. */
function termsOf({ N, I, O }: Case) {
  return { y: I + 1, x: O, w: N, b: N };
}
