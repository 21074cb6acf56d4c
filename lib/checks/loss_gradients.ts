/**
 * The gradient of a loss against central differences.
 *
 * @module
 */
import { Readback } from "../gpu/readback.ts";
import type { Device } from "../gpu/device.ts";
import { Recorder } from "../gpu/recorder.ts";
import type { RecordLoss } from "../losses/cross_entropy.ts";
import { recordLossInto } from "../losses/record_loss.ts";
import { Rng } from "../rng.ts";
import type { Shape } from "../shape.ts";
import { checkGradients, GradientError, type ShapedNumbers } from "./gradients.ts";
import { closenessOf, type GradientCheckOptions } from "./layer_gradients.ts";

/** On what to check a loss. */
export interface LossCheckOptions extends GradientCheckOptions {
  /** Examples and classes. */
  readonly shape: Shape<"NC">;
  /** The logits. Default: normal numbers of deviation 1. Keep them clear of kinks. */
  readonly x?: ArrayLike<number>;
  /** The label of each example. Default: drawn from all classes. */
  readonly labels?: ArrayLike<number>;
}

/**
 * Requires what a loss gives as `dx` to be the gradient of its mean over the batch with respect to the
 * logits, and to be multiplied by the scale that it is asked for. The mean has to go where training wants it,
 * into `options.loss`.
 *
 * @throws {GradientError} naming what is off, and by how much
 * @throws {TypeError} if the mean goes elsewhere
 * @throws {ShapeError} if `dx` is not of the logits' shape
 * @throws {DeviceError} if a kernel does not compile
 *
 * @example
 * ```ts
 * import { crossEntropy, Device } from "@tower/nn";
 * import { checkLossGradients } from "@tower/nn/testing";
 *
 * using device = await Device.open();
 * await checkLossGradients(device, crossEntropy, { shape: [4, 10] });
 * ```
 */
export async function checkLossGradients(
  device: Device,
  loss: RecordLoss,
  options: LossCheckOptions,
): Promise<void> {
  const { shape, seed = 1 } = options, [N, C] = shape;
  const rng = Rng.from(seed), draws = rng.split("labels"), values = rng.split("x");
  const labels = options.labels ?? Array.from({ length: N }, () => draws.below(C));
  const x = options.x ?? Array.from({ length: N * C }, () => values.normal());
  if (labels.length !== N || x.length !== N * C) {
    throw new GradientError(
      `Cannot check the loss: needs ${N} labels and ${
        N * C
      } logits, got ${labels.length} and ${x.length}`,
    );
  }
  for (const scale of [1, 4]) {
    const data = Float64Array.from(Float32Array.from(x));
    using runner = await compileLoss(device, loss, {
      shape,
      labels: Uint32Array.from(labels),
      scale,
    });
    const { dx } = await runner.run(data);
    await checkGradients({
      name: scale === 1 ? "the loss" : `the loss at scale ${scale}`,
      f: async ({ x }: Record<"x", ShapedNumbers>) => {
        const { loss } = await runner.run(x.data);
        return [scale * loss];
      },
      inputs: { x: { shape, data } },
      dy: [1],
      gradients: { x: dx },
      ...closenessOf(options),
    });
  }
}

/** A loss, compiled once to be run many times. */
async function compileLoss(
  device: Device,
  recordLoss: RecordLoss,
  { shape, labels: given, scale }: {
    shape: Shape<"NC">;
    labels: Uint32Array<ArrayBuffer>;
    scale: number;
  },
): Promise<
  Disposable & { run(x: ArrayLike<number>): Promise<{ loss: number; dx: Float32Array }> }
> {
  using stack = new DisposableStack();
  const record = new Recorder(device);
  const logits = record.keep(shape, "logits"), labels = record.keep([shape[0]], "labels");
  const loss = record.keep([1], "loss");
  const recorded = recordLossInto(recordLoss, logits, { record, labels, scale, loss });
  const dx = record.output(recorded.dx, "dx");
  const program = stack.use(await record.compile(device));
  const spans = [loss, dx].map((tensor) => program.span(tensor));
  const bytes = spans.reduce((sum, { bytes }) => sum + bytes, 0);
  const readback = stack.use(await Readback.create(device, bytes));
  const owned = stack.move();
  program.write(labels, given);
  return {
    async run(x) {
      program.write(logits, Float32Array.from(x));
      program.run();
      const [loss, ...dx] = new Float32Array(await readback.read(spans));
      return { loss, dx: Float32Array.from(dx) };
    },
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
