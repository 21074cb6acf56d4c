/** Runs one layer forward and backward on arrays, the way a model would. */
import { packStep, type StepNumbers, stepWords } from "../../kernels/step.wgsl.ts";
import { Arena } from "../../lib/gpu/arena.ts";
import type { Device } from "../../lib/gpu/device.ts";
import { readOnce } from "../../lib/gpu/readback.ts";
import { type PlacedTensor, Recorder, type Variants } from "../../lib/gpu/recorder.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import { ParameterTable } from "../../lib/parameters.ts";
import { type Layout, type Shape, sizeOf } from "../../lib/shape.ts";

export interface LayerRun {
  readonly x: { readonly shape: readonly number[]; readonly data: ArrayLike<number> };
  /** Parameters by their short names. */
  readonly parameters?: Readonly<Record<string, ArrayLike<number>>>;
  /** The gradient of the output; without it only the forward run is done. */
  readonly dy?: ArrayLike<number>;
  readonly training?: boolean;
  readonly step?: Partial<StepNumbers>;
  readonly variants?: Variants;
}

export interface LayerResult {
  readonly y: Float32Array;
  readonly shape: readonly number[];
  readonly dx: Float32Array;
  readonly gradients: Record<string, Float32Array>;
}

/** Everything a layer computes, as arrays; `dx` is empty and gradients are zero without `dy`. */
export async function runLayer(
  device: Device,
  layer: Layer<Layout, Layout>,
  run: LayerRun,
): Promise<LayerResult> {
  const shape = run.x.shape as unknown as Shape;
  const specs = Object.entries(layer.parameters(shape));
  const table = new ParameterTable(specs);
  using values = new Arena(device, table, "values");
  using gradients = new Arena(device, table, "gradients");
  const host = new Float32Array(table.length);
  for (const [name] of specs) table.view(host, name).set(run.parameters?.[name] ?? []);
  values.write(host);
  // What a pullback must overwrite, it overwrites all of.
  gradients.write(new Float32Array(table.length).fill(7e7));

  const record = new Recorder(device, { variants: run.variants });
  const x = record.keep(shape, "x");
  const step = record.keep([stepWords], "step");
  const parameters = Object.fromEntries(
    specs.map(([name]) => [name, { value: values.tensor(name), gradient: gradients.tensor(name) }]),
  );
  const training = run.training ?? true;
  const applied = layer.apply(x, { record, parameters, training, step });
  const outShape = layer.outputShape(shape);
  const y = record.output(applied.y, "y");
  let dx: PlacedTensor | undefined;
  let dy: PlacedTensor<Shape> | undefined;
  if (run.dy) {
    dy = record.keep(outShape, "dy");
    const gradient = applied.pullback(dy, { needsInput: true });
    dx = record.output(gradient!, "dx");
  }
  using program = await record.compile();
  write(device, x, run.x.data);
  if (dy) write(device, dy, run.dy!);
  device.gpu.queue.writeBuffer(
    step.place.buffer,
    0,
    packStep({
      key: [1, 2],
      step: 0,
      firstExample: 0,
      learningRate: 0,
      averageWeight: 0,
      ...run.step,
    }),
  );
  program.run();
  const read = async (tensor: PlacedTensor) =>
    new Float32Array(
      await readOnce(device, [{ ...tensor.place, bytes: sizeOf(tensor.shape) * 4 }]),
    );
  const all = new Float32Array(
    await readOnce(device, [{
      buffer: gradients.buffer,
      offset: 0,
      bytes: Math.max(4, table.length * 4),
    }]),
  );
  return {
    y: await read(y),
    shape: outShape,
    dx: dx ? await read(dx) : new Float32Array(),
    gradients: Object.fromEntries(specs.map(([name]) => [name, table.view(all, name).slice()])),
  };
}

function write(device: Device, tensor: PlacedTensor, data: ArrayLike<number>): void {
  device.gpu.queue.writeBuffer(tensor.place.buffer, 0, Float32Array.from(data));
}
