/** The references against PyTorch itself, where Debian's `python3-torch` is installed. */
import { assert } from "@std/assert";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "./assert_close.ts";
import { normal } from "./random.ts";
import {
  averagePool2d,
  conv2d,
  localResponseNormalization,
  maxPool2d,
  type Reference,
} from "./reference.ts";
import { askTorch, type TorchCase, torchInstalled } from "./torch.ts";

const CASES = 12; // of each operation
const strictness = 1e-6; // float64 on both sides: 1e-12

interface Case extends TorchCase {
  readonly reference: Reference<string>;
}

Deno.test({
  name: "windows, strides and paddings drawn at random give what PyTorch gives" +
    (torchInstalled ? "" : " (skipped: no python3-torch)"),
  ignore: !torchInstalled,
  async fn() {
    const rng = Rng.from(17);
    const cases = Array.from({ length: CASES }, () => drawCases(rng)).flat();
    const answers = await askTorch(cases);
    cases.forEach(({ op, attrs, inputs, dy, reference }, i) => {
      const name = `${op} of ${inputs.x.shape.join("×")} ${JSON.stringify(attrs)}`;
      const gradients = reference.pullback(dy);
      const answer = answers[i];
      assert(answer, `torch_reference.py has no ${op}`);
      assertClose(reference.y.data, answer.y, { name, terms: 100, strictness });
      for (const [input, expected] of Object.entries(answer.grads)) {
        assertClose(gradients[input].data, expected, {
          name: `${name}, gradient of ${input}`,
          terms: 100,
          strictness,
        });
      }
    });
  },
});

/** One case of each operation; each padding is smaller than its window, so that no window is empty. */
function drawCases(rng: Rng): Case[] {
  const between = (low: number, high: number) => low + rng.below(high - low + 1);
  const pair = (draw: () => number): [number, number] => [draw(), draw()];
  const [KH, KW] = pair(() => between(1, 5));
  const strides = pair(() => between(1, 6));
  const padding = [pair(() => rng.below(KH)), pair(() => rng.below(KW))] as const;
  const [N, C, O] = [between(1, 3), between(1, 9), between(1, 5)];
  const x = normal(rng, { shape: [N, between(KH, 11), between(KW, 11), C] });
  const w = normal(rng, { shape: [KH, KW, C, O] });
  const b = normal(rng, { shape: [O] });
  const windows = { window: [KH, KW], strides, padding } as const;
  const activation = rng.below(2) ? "relu" : undefined;
  const lrn = {
    radius: between(0, 5),
    bias: 1 + rng.float(),
    alpha: rng.float(),
    beta: rng.float(),
  };

  const make = (
    op: string,
    attrs: Case["attrs"],
    inputs: Case["inputs"],
    reference: Reference<string>,
  ): Case => {
    const dy = normal(rng, { shape: reference.y.shape });
    return { op, attrs, inputs, dy, reference };
  };
  return [
    make(
      "conv2d",
      { strides, padding, activation: activation ?? null },
      { x, w, b },
      conv2d({ x, w, b }, { strides, padding, activation }),
    ),
    make("max_pool2d", windows, { x }, maxPool2d(x, windows)),
    make("average_pool2d", windows, { x }, averagePool2d(x, windows)),
    make("local_response_normalization", lrn, { x }, localResponseNormalization(x, lrn)),
  ];
}
