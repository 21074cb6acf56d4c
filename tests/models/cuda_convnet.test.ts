import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cudaConvnet } from "../../lib/models/cuda_convnet.ts";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { labels, normal } from "../support/random.ts";
import type { Array64 } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { compileNetwork } from "../support/run_network.ts";

Deno.test("cuda-convnet's network has its layers, parameters and multiply-adds", () => {
  const { rows, parameters } = cudaConvnet();
  const table = rows.map(({ name, outputShape, parameters }) =>
    `${name} ${outputShape.slice(1).join("×")} ${parameters}`
  );
  assertEquals(table, [
    "conv1 24×24×64 4864",
    "pool1 12×12×64 0",
    "rnorm1 12×12×64 0",
    "conv2 12×12×64 102464",
    "rnorm2 12×12×64 0",
    "pool2 6×6×64 0",
    "local3 6×6×64 1329408",
    "local4 6×6×32 664704",
    "flatten 1152 0",
    "fc10 10 11530",
  ]);
  assertEquals(parameters.count, 2_112_970);
  assertEquals(rows.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0), 19_512_576);
  assertEquals(
    parameters.entries.filter(({ decay }) => decay > 0).map(({ name, decay }) => [name, decay]),
    [["local3/weights", 0.004], ["local4/weights", 0.004], ["fc10/weights", 0.01]],
  );
});

Deno.test("parameters start as in the tutorial, or as in the definition", () => {
  const deviations = {
    tutorial: { conv1: 0.05, conv2: 0.05, local3: 0.04, local4: 0.04, fc10: 1 / 192 },
    definition: { conv1: 0.0064, conv2: 0.01, local3: 0.04, local4: 0.04, fc10: 0.01 },
  };
  const biased = { tutorial: ["conv2", "local3", "local4"], definition: [] as string[] };
  for (const start of ["tutorial", "definition"] as const) {
    const { parameters: table } = cudaConvnet({ start });
    const arena = table.initialize(Rng.from(53));
    for (const [layer, deviation] of Object.entries(deviations[start])) {
      // Truncated at two deviations; thousands of draws come near.
      const largest = table.view(arena, `${layer}/weights`).reduce((a, w) => Math.max(a, w), 0);
      assertAlmostEquals(largest, 2 * deviation, 0.1 * deviation, layer);
      const [bias] = table.view(arena, `${layer}/biases`);
      assertAlmostEquals(bias, biased[start].includes(layer) ? 0.1 : 0, 1e-7, layer);
    }
  }
});

Deno.test("loss, logits and every gradient of cuda-convnet's network are the reference's", async () => {
  const batch = 2;
  const model = cudaConvnet({ crop: 7 });
  const rng = Rng.from(51);
  const x = normal(rng.split("x"), { shape: [batch, 7, 7, 3] });
  const classes = labels(rng.split("labels"), { N: batch, classes: 10 });
  const parameters: Record<string, Array64> = Object.fromEntries(
    model.parameters.entries.map(({ name, shape }) => {
      const terms = name.endsWith("weights") ? shape.slice(-4, -1).reduce((a, b) => a * b, 1) : 100;
      return [name, normal(rng.split(name), { shape, deviation: Math.sqrt(2 / terms) })];
    }),
  );
  const expected = reference.cudaConvnet({ x, labels: classes }, parameters);

  using device = await openDevice();
  using network = await compileNetwork(device, model, { batch });
  const got = await network.run({
    x: x.data,
    labels: classes,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, { data }]) => [name, data]),
    ),
  });
  const loss = Object.values(got.losses).reduce((sum, term) => sum + term);
  assertEquals(Object.keys(got.losses).length, 4);
  // The longest sum behind a result is conv2's; Winograd's transforms round ten times as much as plain sums.
  const bounds = { terms: 1600, strictness: 10 };
  assertClose([loss], [expected.loss], { name: "loss", ...bounds });
  assertClose(got.logits, expected.logits.data, { name: "logits", ...bounds });
  assertEquals(Object.keys(got.gradients).sort(), Object.keys(expected.gradients).sort());
  for (const [name, { data }] of Object.entries(expected.gradients)) {
    assertClose(got.gradients[name], data, { name: `the gradient of ${name}`, ...bounds });
  }
});

Deno.test("a few steps of cuda-convnet's network lower the cross-entropy of a batch", async () => {
  const batch = 8;
  const model = cudaConvnet();
  const rng = Rng.from(52);
  const table = model.parameters;
  const arena = table.initialize(rng.split("parameters"));
  const x = normal(rng.split("x"), { shape: [batch, 24, 24, 3] });
  const classes = labels(rng.split("labels"), { N: batch, classes: 10 });
  using device = await openDevice();
  using network = await compileNetwork(device, model, { batch });
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) {
    const parameters = Object.fromEntries(
      table.entries.map(({ name }) => [name, table.view(arena, name)]),
    );
    const got = await network.run({ x: x.data, labels: classes, parameters });
    // Without the L2 terms, which shrinking weights would lower by themselves.
    losses.push(got.losses.cross_entropy);
    for (const { name } of table.entries) {
      const gradients = got.gradients[name];
      table.view(arena, name).forEach((_, i, view) => view[i] -= 0.02 * gradients[i]);
    }
  }
  assert(losses.every((loss, step) => step === 0 || loss < losses[step - 1]), losses.join(", "));
});
