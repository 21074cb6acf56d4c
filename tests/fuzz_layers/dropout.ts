/**
 * Dropout, with the mask that Philox draws in host memory: of seed, step, example, element and layer.
 *
 * @module
 */
import { compileLayer } from "../../lib/checks/run_layer.ts";
import { dropout } from "../../lib/layers/dropout.ts";
import { philox, type Rng } from "../../lib/rng.ts";
import { assertClose } from "../support/assert_close.ts";
import { normal } from "../support/random.ts";
import * as reference from "../support/reference.ts";
import type { Drawn } from "./cases.ts";
import { oneOf } from "./draw.ts";

/** One case: forward, and a gradient that has to have the same mask. */
export function dropoutCase(rng: Rng, shape: readonly number[]): Drawn {
  const name = oneOf(rng, ["dropout", "dropout_2", "δ"]);
  const rate = oneOf(rng, [0, 0.1, 0.5, 0.9, rng.float()]);
  const step = {
    key: [rng.uint32(), rng.uint32()] as const,
    step: rng.below(1_000_000),
    firstExample: oneOf(rng, [0, rng.below(1000)]),
  };
  const exampleSize = shape.slice(1).reduce((a, b) => a * b, 1);
  const mask = maskOf(shape[0] * exampleSize, { ...step, name, rate, exampleSize });
  const x = normal(rng, { shape });
  const layer = dropout(shape.length === 2 ? "NC" : "NHWC", { name, rate });
  return {
    attrs: { rate, mask, ...step, name },
    inputs: { x },
    reference: reference.dropout(x, { mask, rate }) as Drawn["reference"],
    async check(device, { inputs, output, dy, grads }) {
      using runner = await compileLayer(device, layer, { shape });
      const { y, dx } = await runner.run({ x: inputs.x.data, dy: dy.data, step });
      assertClose(y, output.data, { name: "y" });
      assertClose(dx, grads.x.data, { name: "the gradient of x" });
    },
  };
}

/** 1 where an element is kept, 0 where it is dropped. */
function maskOf(
  size: number,
  { key, step, firstExample, name, rate, exampleSize }: {
    key: readonly [number, number];
    step: number;
    firstExample: number;
    name: string;
    rate: number;
    exampleSize: number;
  },
): number[] {
  // FNV-1a; below half of all numbers lie the streams of pictures.
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  const stream = (hash | 0x80000000) >>> 0;
  const words = new Uint32Array(4);
  return Array.from({ length: size }, (_, i) => {
    const example = firstExample + Math.floor(i / exampleSize), element = i % exampleSize;
    philox([step, example, stream, Math.floor(element / 4)], key, words);
    return (words[element % 4] >>> 8) * 2 ** -24 >= Math.fround(rate) ? 1 : 0;
  });
}
