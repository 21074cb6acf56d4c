/** Cross-entropy as the fuzzer runs it: a loss that is no layer. */
import type { Device } from "../../lib/gpu/device.ts";
import { Recorder } from "../../lib/gpu/recorder.ts";
import { crossEntropy } from "../../lib/losses/cross_entropy.ts";
import type { Shape } from "../../lib/shape.ts";
import { assertClose } from "../support/assert_close.ts";
import type { Expected, Input } from "../support/check_layer.ts";
import { readerOf, write } from "../../lib/checks/tensors.ts";

/** Requires the loss and the gradient of the logits to be those expected. */
export async function checkCrossEntropy(
  device: Device,
  { labels, expected: { inputs: { x }, output, dy, grads }, smoothing }: {
    labels: Uint32Array<ArrayBuffer>;
    expected: Expected<Input>;
    smoothing?: number;
  },
): Promise<void> {
  const record = new Recorder(device);
  const [N, C] = x.shape;
  const logits = record.keep<Shape<"NC">>([N, C], "logits");
  const wanted = record.keep([N], "labels");
  const { loss, dx } = crossEntropy(logits, { record, labels: wanted, smoothing });
  const outputs = [record.output(loss, "loss"), record.output(dx, "dx")];
  using program = await record.compile(device);
  using reader = await readerOf(program, outputs);
  write(program, logits, x.data);
  write(program, wanted, labels);
  program.run();
  const [gotLoss, gotDx] = await reader.read();
  // Logits are differences of numbers up to so large; a probability is as exact as its exponent.
  const scale = 1 + Math.max(...x.data.map(Math.abs));
  assertClose(gotLoss, output.data, { name: "loss", terms: N + C, scale });
  const slopes = gotDx.map((value) => value * dy.data[0]);
  const bounds = { terms: C, scale: scale * Math.abs(dy.data[0]) / N };
  assertClose(slopes, grads.x.data, { name: "the gradient of x", ...bounds });
}
