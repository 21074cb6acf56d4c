/**
 * The tutorial's network run on pictures, in Tower and in ONNX Runtime, which gets the exported file. Their
 * logits have to agree before their times count.
 *
 *   deno run -A bench/inference_bench.ts [--turns 9]
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { table } from "../lib/cli/table.ts";
import { encodeOnnx } from "../lib/export/onnx.ts";
import { Device } from "../lib/gpu/device.ts";
import { Inference } from "../lib/inference.ts";
import { tutorialNetwork } from "../lib/models/tutorial.ts";
import { Rng } from "../lib/rng.ts";
import { sizeOf } from "../lib/shape.ts";
import { machineFacts } from "./machine.ts";

const turns = Number(parseArgs(Deno.args, { default: { turns: 9 } }).turns);
for (const line of await machineFacts()) console.log(line);

const model = tutorialNetwork();
const rng = Rng.from(1);
const parameters = model.parameters.initialize(rng);
using device = await Device.open();
const session = await InferenceSession.create(encodeOnnx({ model, parameters }));

const rows = [];
for (const batchSize of [1, 8, 128]) {
  const shape = [batchSize, ...model.input];
  const x = Float32Array.from({ length: sizeOf(shape) }, () => rng.truncatedNormal());
  using inference = await Inference.create(device, { model, parameters, batchSize });
  const tower = () => inference.run(x);
  const onnx = async () => {
    const { logits } = await session.run({ x: new Tensor("float32", x, shape) }, ["logits"]);
    return logits.data as Float32Array;
  };
  const [ours, theirs] = [await tower(), await onnx()];
  const worst = Math.max(...ours.map((logit, i) => Math.abs(logit - theirs[i])));
  if (!(worst < 1e-4)) throw new Error(`Cannot compare: logits differ by ${worst}`);
  const [mine, other] = await inTurns([tower, onnx]);
  rows.push([
    String(batchSize),
    ...[mine, other].flatMap((ms) => [ms.toFixed(2), (batchSize * 1000 / ms).toFixed(0)]),
    (other / mine).toFixed(2),
  ]);
}
const head = ["pictures", "Tower, ms", "images/s", "ONNX Runtime, ms", "images/s", "ratio"];
for (const line of table(head, rows)) console.log(line);

/**
 * The median milliseconds of each function. Their turns last half a second, as idle threads of one take the
 * processor from the other for a while.
 */
async function inTurns(functions: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const times: number[][] = functions.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, run] of functions.entries()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const end = performance.now() + 500; performance.now() < end;) {
        const start = performance.now();
        await run();
        times[i].push(performance.now() - start);
      }
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]);
}
