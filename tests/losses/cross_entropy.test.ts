import { assertEquals } from "@std/assert";
import { Recorder } from "../../lib/gpu/recorder.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import { Rng } from "../../lib/rng.ts";
import type { Shape } from "../../lib/shape.ts";
import { assertClose } from "../support/assert_close.ts";
import { conformanceTest } from "../support/check_layer.ts";
import { conformanceCases } from "../support/conformance.ts";
import { openDevice } from "../support/device.ts";
import { checkGradients, float32 } from "../../lib/checks/gradients.ts";
import { labels, normal } from "../support/random.ts";
import { type Array64, map } from "../support/reference.ts";
import * as reference from "../support/reference.ts";
import { readerOf, write } from "../../lib/checks/tensors.ts";

/** Mean cross-entropy, compiled once. */
async function compileCrossEntropy(device: Device, [N, C]: readonly number[]) {
  using stack = new DisposableStack();
  const record = new Recorder(device);
  const logits = record.keep<Shape<"NC">>([N, C], "logits");
  const classes = record.keep([N], "labels");
  const { loss, dx } = crossEntropy(logits, { record, labels: classes });
  const outputs = [record.output(loss, "loss"), record.output(dx, "dx")];
  const program = stack.use(await record.compile(device));
  const reader = stack.use(await readerOf(program, outputs));
  const owned = stack.move();
  return {
    async run(x: ArrayLike<number>, labels: Uint32Array) {
      write(program, logits, x);
      write(program, classes, labels);
      program.run();
      const [loss, dx] = await reader.read();
      return { loss, dx };
    },
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

/** Requires loss and gradient to be those expected, after a run on NaN, and twice the same. */
async function check(
  { x, labels }: { x: Array64; labels: Uint32Array },
  expected: { loss: number; dx: Array64 },
): Promise<void> {
  using device = await openDevice();
  using entropy = await compileCrossEntropy(device, x.shape);
  const [N, C] = x.shape;
  await entropy.run(map(x, () => NaN).data, labels);
  const got = await entropy.run(x.data, labels);
  assertEquals(await entropy.run(x.data, labels), got);
  // Rounding follows the largest logit: a loss is the difference of two.
  const largest = x.data.reduce((size, value) => Math.max(size, Math.abs(value)), 1);
  assertClose(got.loss, [expected.loss], { name: "loss", terms: N + C, scale: largest });
  assertClose(got.dx, expected.dx.data, { name: "dx", terms: C, scale: 1 / N });
}

for (const [N, C] of [[1, 2], [3, 10], [17, 7], [129, 10], [5, 65]]) {
  Deno.test(`cross-entropy of ${N} rows of ${C} is the reference's, its gradient a derivative`, async () => {
    const x = normal(Rng.from(81), { shape: [N, C] });
    const classes = labels(Rng.from(82), { N, classes: C });
    const expected = reference.crossEntropy(x, classes);
    await check({ x, labels: classes }, expected);

    using device = await openDevice();
    using entropy = await compileCrossEntropy(device, [N, C]);
    await checkGradients({
      name: "cross-entropy",
      f: async ({ x }) => (await entropy.run(x.data, classes)).loss,
      inputs: { x },
      dy: [1],
      gradients: { x: (await entropy.run(x.data, classes)).dx },
      precision: float32,
      elements: 8,
    });
  });
}

Deno.test("cross-entropy of logits of ten thousands is finite and right", async () => {
  const x = map(normal(Rng.from(83), { shape: [17, 10] }), (value) => Math.round(value * 1e4));
  const classes = labels(Rng.from(84), { N: 17, classes: 10 });
  await check({ x, labels: classes }, reference.crossEntropy(x, classes));
});

conformanceTest("cross-entropy and its gradient are PyTorch's", async () => {
  for (const { attrs, inputs, ...stored } of conformanceCases("softmax_cross_entropy")) {
    if (attrs.label_smoothing > 0) continue; // an option that the layer does not have
    const given = { x: inputs.logits, labels: Uint32Array.from(stored.labels) };
    await check(given, { loss: stored.loss, dx: stored.grads.logits });
  }
});
