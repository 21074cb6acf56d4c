/** The references against PyTorch itself, where Debian's `python3-torch` is installed. */
import { assertEquals } from "@std/assert";
import { Rng } from "../../lib/rng.ts";
import { assertClose } from "./assert_close.ts";
import { normal } from "./random.ts";
import {
  type Array64,
  averagePool2d,
  conv2d,
  localResponseNormalization,
  maxPool2d,
  type Reference,
} from "./reference.ts";

const installed = exists("/usr/lib/python3/dist-packages/torch/__init__.py");
const CASES = 12; // of each operation
const strictness = 1e-6; // float64 on both sides: 1e-12

interface Case {
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Array64>>;
  readonly dy: Array64;
  readonly reference: Reference<string>;
}

interface Answer {
  readonly y: readonly number[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
}

Deno.test({
  name: "windows, strides and paddings drawn at random give what PyTorch gives" +
    (installed ? "" : " (skipped: no python3-torch)"),
  ignore: !installed,
  async fn() {
    const rng = Rng.from(17);
    const cases = Array.from({ length: CASES }, () => drawCases(rng)).flat();
    const answers = await askTorch(cases);
    assertEquals(answers.length, cases.length);
    cases.forEach(({ op, attrs, inputs, dy, reference }, i) => {
      const name = `${op} of ${inputs.x.shape.join("×")} ${JSON.stringify(attrs)}`;
      const gradients = reference.pullback(dy);
      assertClose(reference.y.data, answers[i].y, { name, terms: 100, strictness });
      for (const [input, expected] of Object.entries(answers[i].grads)) {
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

async function askTorch(cases: readonly Case[]): Promise<Answer[]> {
  const script = new URL("torch_reference.py", import.meta.url).pathname;
  const python = new Deno.Command("/usr/bin/python3", {
    args: [script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const plain = cases.map(({ op, attrs, inputs, dy }) => ({ op, attrs, inputs, dy }));
  const text = JSON.stringify(
    plain,
    (_, value) => value instanceof Float64Array ? Array.from(value) : value,
  );
  const [{ code, stdout }] = await Promise.all([
    python.output(),
    ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(python.stdin),
  ]);
  assertEquals(code, 0, "torch_reference.py");
  return JSON.parse(new TextDecoder().decode(stdout));
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
