/**
 * The gradients of a layer against central differences.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Layer } from "../layers/layer.ts";
import { Rng } from "../rng.ts";
import { formatShape, type Layout, type Shape, sizeOf } from "../shape.ts";
import { checkGradients, float32, GradientError, type ShapedNumbers } from "./gradients.ts";
import { compileLayer } from "./run_layer.ts";

/** How closely to look. */
export interface GradientCheckOptions {
  /**
   * How far a number is moved to either side. Default 1/32: rounding is divided by it, and what is not
   * linear grows with its square. A linear layer may take 1.
   */
  readonly step?: number;
  /** The error that is allowed, relative to the size of the gradient. Default 0.002. */
  readonly tolerance?: number;
  /** How many numbers of each tensor are moved by themselves; two moves of all of them follow. Default 8. */
  readonly elements?: number;
  /** What random numbers are drawn from. Default 1. */
  readonly seed?: number;
}

/** On what to check a layer. */
export interface LayerCheckOptions<In extends Layout> extends GradientCheckOptions {
  /** The shape of its input, batch first. */
  readonly shape: Shape<In>;
  /** The input. Default: normal numbers of deviation 1. Keep it clear of kinks, as at 0 for ReLU. */
  readonly x?: ArrayLike<number>;
  /**
   * Parameters by their short names. Default: normal numbers of deviation 1; what is not trained has its
   * first values.
   */
  readonly parameters?: Readonly<Record<string, ArrayLike<number>>>;
  /** Whether it is recorded for training. Default true. */
  readonly training?: boolean;
}

/**
 * Requires what a layer's pullback gives for its input and for each trained parameter to be the gradient
 * of `⟨dy, y⟩` for a random `dy`: for inputs moved to `x₊` and `x₋`, the change of `⟨dy, y⟩` has to be
 * `⟨g, x₊ − x₋⟩`. All runs on the adapter, in `f32`. A gradient that is not written, in part or at all, is
 * found too.
 *
 * @throws {GradientError} naming the tensor that is off, and by how much; if what is given is not of the layer
 * @throws {ShapeError} if the layer cannot take such an input
 * @throws {DeviceError} if a kernel does not compile
 *
 * @example
 * ```ts
 * import { dense, Device } from "@tower/nn";
 * import { checkLayerGradients } from "@tower/nn/testing";
 *
 * using device = await Device.open();
 * await checkLayerGradients(device, dense({ units: 5 }), { shape: [3, 7], step: 1 });
 * ```
 */
export async function checkLayerGradients<In extends Layout, Out extends Layout>(
  device: Device,
  layer: Layer<In, Out>,
  options: LayerCheckOptions<In>,
): Promise<void> {
  const { name } = layer, { shape, seed = 1, training } = options;
  const rng = Rng.from(seed), specs = layer.parameters(shape);
  const draw = (purpose: string, shape: readonly number[]): Float32Array => {
    const own = rng.split(purpose);
    return Float32Array.from({ length: sizeOf(shape) }, () => own.normal());
  };
  const inputs: Record<string, ShapedNumbers> = {};
  const put = (tensor: string, shape: readonly number[], values: ArrayLike<number>) => {
    if (values.length !== sizeOf(shape)) {
      throw new GradientError(
        `Cannot check ${name}: needs ${sizeOf(shape)} numbers as ${tensor} (${
          formatShape(shape)
        }), ` +
          `got ${values.length}`,
      );
    }
    // As the adapter gets them.
    inputs[tensor] = { shape, data: Float64Array.from(Float32Array.from(values)) };
  };
  const unknown = Object.keys(options.parameters ?? {}).find((short) => !(short in specs));
  if (unknown !== undefined) {
    throw new GradientError(
      `Cannot check ${name}: needs numbers for its parameters ${
        Object.keys(specs).join(", ") || "(it has none)"
      }, got some for ${unknown}`,
    );
  }
  put("x", shape, options.x ?? draw("x", shape));
  for (const [short, { shape, initial, trained = true }] of Object.entries(specs)) {
    const values = options.parameters?.[short] ?? draw(short, shape);
    if (!trained && !options.parameters?.[short]) initial(values as Float32Array, rng.split(short));
    put(`parameter ${short}`, shape, values);
  }
  using runner = await compileLayer(device, layer as unknown as Layer, { shape, training });
  const out = layer.outputShape(shape);
  if (formatShape(runner.shape) !== formatShape(out)) {
    throw new GradientError(
      `Cannot check ${name}: needs an output of ${formatShape(out)}, as outputShape says, got ` +
        formatShape(runner.shape),
    );
  }
  const dy = draw("dy", out);
  const run = (given: Record<string, ShapedNumbers>) =>
    runner.run({
      x: given.x.data,
      dy,
      parameters: Object.fromEntries(
        Object.keys(specs).map((short) => [short, given[`parameter ${short}`].data]),
      ),
    });
  const { dx, gradients } = await run(inputs);
  const trained = Object.keys(specs).filter((short) => specs[short].trained ?? true);
  await checkGradients({
    name,
    f: async (moved: Record<string, ShapedNumbers>) => (await run(moved)).y,
    inputs,
    dy,
    gradients: {
      x: dx,
      ...Object.fromEntries(trained.map((short) => [`parameter ${short}`, gradients[short]])),
    },
    ...closenessOf(options),
  });
}

/** How closely {@linkcode checkGradients} is to look. */
export function closenessOf({ step, tolerance, elements = 8, seed }: GradientCheckOptions) {
  const precision = {
    ...float32,
    ...step !== undefined && { step },
    ...tolerance !== undefined && { tolerance },
  };
  return { precision, elements, seed };
}
