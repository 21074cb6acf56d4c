import { assertEquals } from "@std/assert";
import { tutorialNetwork } from "../../lib/models/tutorial.ts";
import { assertClose } from "../support/assert_close.ts";
import { openDevice } from "../support/device.ts";
import { compileNetwork, type NetworkInput, type NetworkResult } from "../support/run_network.ts";
import { assertDigest, gradientStrictness, tutorialCase } from "../support/tutorial_case.ts";

Deno.test("the tutorial's network has its layers, parameters and multiply-adds", () => {
  const { rows, parameters } = tutorialNetwork();
  assertEquals(rows.map(({ name, outputShape }) => `${name} ${outputShape.slice(1).join("×")}`), [
    "conv1 24×24×64",
    "pool1 12×12×64",
    "norm1 12×12×64",
    "conv2 12×12×64",
    "norm2 12×12×64",
    "pool2 6×6×64",
    "flatten 2304",
    "local3 384",
    "local4 192",
    "softmax_linear 10",
  ]);
  assertEquals(parameters.count, 1_068_298);
  assertEquals(rows.reduce((sum, { parameters }) => sum + parameters, 0), parameters.count);
  assertEquals(rows.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0), 18_470_784);
  assertEquals(
    parameters.entries.filter(({ decay }) => decay > 0).map(({ name, decay }) => [name, decay]),
    [["local3/weights", 0.004], ["local4/weights", 0.004]],
  );
});

Deno.test("loss, logits and every gradient of the tutorial's network are PyTorch's", async () => {
  const expected = tutorialCase();
  const got = await runTutorial(inputOf(expected));
  const { cross_entropy, ...decay } = got.losses;
  const loss = Object.values(got.losses).reduce((sum, term) => sum + term);
  assertEquals(Object.keys(decay), ["local3/weight_loss", "local4/weight_loss"]);
  assertClose([cross_entropy], [expected.crossEntropy], { name: "cross-entropy", terms: 10 });
  assertClose([loss], [expected.loss], { name: "loss", terms: 2304 * 384 });
  // Behind a logit are the sums of every layer; the longest has 2,304 terms, as has a gradient of
  // conv1, which is summed over 4 pictures of 576 pixels.
  const terms = 2304;
  assertClose(got.logits, expected.logits, { name: "logits", terms });
  for (const [name, gradient] of Object.entries(expected.gradients)) {
    const strictness = gradientStrictness(name);
    assertDigest(got.gradients[name], gradient, { name, terms, strictness });
  }
});

Deno.test("a network gives the same bytes in two programs, whatever ran before", async () => {
  const { x, ...input } = inputOf(tutorialCase());
  const after = (first: number) =>
    runTutorial({ x, ...input }, { x: x.map(() => first), ...input });
  assertEquals(await after(NaN), await after(1e3));
});

/** One run in a program of its own, behind another one where that is given. */
async function runTutorial(input: NetworkInput, before?: NetworkInput): Promise<NetworkResult> {
  using device = await openDevice();
  using network = await compileNetwork(device, tutorialNetwork(), { batch: input.labels.length });
  if (before) await network.run(before);
  return await network.run(input);
}

function inputOf({ x, labels, parameters }: ReturnType<typeof tutorialCase>) {
  const data = Object.entries(parameters).map(([name, { data }]) => [name, data]);
  return { x: x.data, labels, parameters: Object.fromEntries(data) };
}
